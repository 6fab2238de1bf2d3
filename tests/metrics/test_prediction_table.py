import numpy as np
import pandas as pd
import pytest
from metrics.made import ROWS, measure

from hallmark.errors import InputError


@pytest.mark.parametrize(
    ("rows", "name", "positive", "named"),
    [
        (ROWS, "f1", "yes", "'f1'"),
        (ROWS, "roc_auc", None, "decision.positive"),
        (ROWS.drop(columns="weight.cost"), "cost", "yes", "'weight.cost'"),
        (ROWS.assign(confidence=np.nan), "roc_auc", "yes", "'confidence'"),
        (ROWS.assign(**{"score.cost": np.inf}), "cost", "yes", "'score.cost'"),
        (ROWS.assign(**{"score.cost": -1.0}), "cost", "yes", "'score.cost' .* holds -1.0, .* 0 or more"),
        (ROWS.assign(**{"score.accuracy": 2.0}), "accuracy", "yes", "'score.accuracy' .* holds 2.0, .* from 0 to 1"),
    ],
)
def test_bad_input_is_named(rows: pd.DataFrame, name: str, positive: str | None, named: str) -> None:
    with pytest.raises(InputError, match=named):
        measure(rows, name, positive=positive, seed=1)
