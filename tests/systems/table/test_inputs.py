"""What the network reads of a row and of its history, by name, each column once in each role."""

import numpy as np
import pytest

from hallmark.contracts.examples import Examples
from hallmark.systems.table.inputs import columns


def test_every_number_of_both_arrays_is_in_one_column(examples: Examples) -> None:
    named = columns(examples)
    channels = examples.encoding["history_channels"]
    assert channels == [
        *("valid", "log_hours_ago", "log_amount", "hour_sin", "hour_cos", "same_place"),
        *("same_category", "log_km_from_here", "log_km_from_home"),
    ]
    assert list(named)[2:4] == ["hour", "weekday"]  # sine and cosine alone each take two hours for one
    current = [values for name, values in named.items() if not name.endswith("of earlier rows")]
    np.testing.assert_array_equal(np.concatenate(current, axis=1), examples.arrays["current"])
    earlier = [named[f"{channel} of earlier rows"] for channel in channels]
    np.testing.assert_array_equal(np.stack(earlier, axis=2), examples.arrays["history"])


@pytest.mark.parametrize("name", ["log_amount", "hour", "category"])
def test_a_raw_column_called_as_another_hides_neither(examples: Examples, name: str) -> None:
    encoding = {**examples.encoding, "columns": [*examples.encoding["columns"], [name, 1]]}
    planted = np.arange(len(examples), dtype=np.float32)[:, None]
    current = np.concatenate([examples.arrays["current"], planted], axis=1)
    more = Examples(examples.table, {**examples.arrays, "current": current}, examples.labels, examples.source, encoding)
    named = columns(more)
    np.testing.assert_array_equal(named[f"{name} (2)"], planted)
    np.testing.assert_array_equal(named[name], columns(examples)[name])
