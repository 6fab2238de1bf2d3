import numpy as np
import pytest

from hallmark.errors import InputError
from hallmark.formats.bands import name_bands


def test_a_value_on_an_edge_belongs_above_it_and_a_missing_one_is_unknown() -> None:
    values = np.array([29.5, 30.0, 60.0, np.nan])
    named = ["under 30", "30 to under 60", "60 and over", "unknown"]
    assert name_bands(values, [30, 60], "bands.age").tolist() == named
    assert name_bands(values, [30, 60], "bands.age", ["young", "middle", "old"]).tolist() == [
        "young",
        "middle",
        "old",
        "unknown",
    ]


@pytest.mark.parametrize("edges", [[], [60.0, 30.0], [30.0, 30.0]])
def test_edges_that_make_no_bands_are_refused(edges: list[float]) -> None:
    with pytest.raises(InputError, match=r"bands\.age\.edges is \[.*\]: name edges in ascending order"):
        name_bands(np.zeros(1), edges, "bands.age")


def test_bands_need_one_name_more_than_edges() -> None:
    with pytest.raises(InputError, match="bands.age needs one more name than edges"):
        name_bands(np.zeros(1), [30.0], "bands.age", ["young"])
