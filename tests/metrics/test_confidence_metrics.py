import numpy as np
import pandas as pd
import pytest
from metrics.made import ROWS, measure


@pytest.mark.parametrize("name", ["sensitivity", "roc_auc", "average_precision"])
def test_without_positives_nothing_is_estimated(name: str) -> None:
    assert measure(ROWS[ROWS["label"] == "no"], name, positive="yes", seed=1).estimate is None


def test_calibration_without_a_positive_label_is_of_the_predicted_one() -> None:
    stated = ROWS.assign(certainty=0.9, mistake=(np.arange(240) >= 120).astype(float))
    interval = measure(stated, "calibration_error", positive=None, seed=1)
    assert interval.estimate == pytest.approx(0.4, abs=0.01)


def test_rows_without_a_prediction_count_for_no_probability() -> None:
    added = pd.DataFrame({"id": ["x", "y"], "entity": ["z", "z"], "score.cost": 1.0, "weight.cost": 1.0})
    stated = ROWS.assign(certainty=0.9, mistake=0.0)
    both = pd.concat([stated, added], ignore_index=True)
    for name, positive in (("roc_auc", "yes"), ("calibration_error", "yes"), ("calibration_error", None)):
        alone, joined = (measure(rows, name, positive=positive, seed=1) for rows in (stated, both))
        assert joined.estimate == pytest.approx(alone.estimate)
        assert joined.n == alone.n
