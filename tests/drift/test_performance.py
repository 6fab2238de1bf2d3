"""The change of a metric in the recent window, against the test split."""

import pandas as pd
import pytest
from known import known

from hallmark.drift import performance


def test_error_is_recent_minus_test_and_oriented(predictions: pd.DataFrame) -> None:
    recent = predictions["split"] == "recent"
    rows = predictions.assign(**{"score.accuracy": 1.0}).mask(recent, predictions.assign(**{"score.accuracy": 0.0}))
    rows.loc[rows.index[recent][:50], "score.accuracy"] = 1.0

    finding = performance.performance_finding(rows, "accuracy", positive=None, seed=1)
    assert finding.estimate == pytest.approx(0.25 - 1.0)
    assert known(finding.low) < -0.75 < known(finding.high) < 0
    assert (finding.check, finding.subject, finding.n, finding.verdict) == ("drift.error", "accuracy", 40, "measured")

    worse = rows.copy()
    worse["score.log_loss"] = 1 - rows["score.accuracy"]
    worse["weight.log_loss"] = 1.0
    assert performance.performance_finding(worse, "log_loss", positive=None, seed=1).estimate == pytest.approx(-0.75)


def test_unlabelled_window_has_no_error(predictions: pd.DataFrame) -> None:
    predictions.loc[predictions["split"] == "recent", "label"] = None
    finding = performance.performance_finding(predictions, "accuracy", positive=None, seed=1)
    assert finding.estimate is None and "could not be compared" in finding.reason
