"""The metrics of one split: rounded to what they mean, in a file that DVC reads."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts import split_metrics
from hallmark.errors import InputError

TABLE = pd.DataFrame(
    [
        ("model", "validation", "accuracy", 0.98765, 0.95, 0.99),
        ("model", "test", "accuracy", 0.93141, 0.912, 0.947),
        ("model", "test", "sensitivity", np.nan, np.nan, np.nan),
        ("rule", "test", "accuracy", 0.5, 0.4, 0.6),
    ],
    columns=["scorer", "split", "metric", "estimate", "low", "high"],
)


@pytest.mark.parametrize(
    ("estimate", "low", "high", "expected"),
    [
        (0.931415, 0.912, 0.947, 0.9314),  # a standard error of 0.0089: two digits end at 0.0001
        (0.931415, 0.9313, 0.9315, 0.931415),  # of 0.00005
        (0.931415, 0.7, 1.0, 0.931),  # of 0.077
        (1234.56, 900.0, 1600.0, 1230.0),  # of 179
        (0.0, 0.0, 0.2, 0.0),
        (0.123456, np.nan, np.nan, 0.1235),
        (1.0, 1.0, 1.0, 1.0),
        (np.nan, np.nan, np.nan, None),
    ],
)
def test_a_number_has_two_digits_of_its_standard_error(
    estimate: float, low: float, high: float, expected: float | None
) -> None:
    assert split_metrics.rounded(estimate, low, high) == expected


def test_a_file_has_the_models_estimates_of_one_split(tmp_path: Path) -> None:
    estimates = split_metrics.of(TABLE, "test")
    assert estimates == {"accuracy": 0.9314, "sensitivity": None}

    path = tmp_path / "evaluate/test.json"
    split_metrics.write(estimates, path, task="own", split="test")
    assert json.loads(path.read_text(encoding="utf-8")) == {"own": {"test": estimates}}
    assert split_metrics.read(path, task="own", split="test") == estimates


def test_a_split_that_was_not_measured_has_none() -> None:
    assert split_metrics.of(TABLE, "recent") == {}


@pytest.mark.parametrize("content", ["{}", "[]", '{"own": 1}', '{"own": {"validation": {}}}', "{"])
def test_a_file_of_something_else_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "test.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"test\.json has no metrics of own on test .*: run evaluate again"):
        split_metrics.read(path, task="own", split="test")
