"""The predictions of one scorer on one split, as metrics read them: columns checked, entities numbered once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.metrics.statistics.influence import encode


@dataclass(frozen=True, eq=False)
class PredictionTable:
    """Rows (n,) of the predictions contract.

    codes: (n,) the entity of each row, in 0 … entities - 1.
    positive: The label that an alert stands for; None where no label is special.
    seed: Of what is drawn: the noise of calibration bins, the blocks of a jackknife.
    """

    rows: pd.DataFrame
    codes: np.ndarray
    entities: int
    positive: str | None
    seed: int

    @classmethod
    def of(cls, rows: pd.DataFrame, *, positive: str | None, seed: int) -> "PredictionTable":
        codes, entities = encode(rows["entity"].to_numpy())
        return cls(rows, codes, entities, positive, seed)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> np.ndarray:
        """Return a column (n,) as floats. Raises `InputError` where there is none of this name."""
        if name not in self.rows:
            raise InputError(f"the predictions have no column {name!r}")
        return self.rows[name].to_numpy(float)

    def answered(self) -> np.ndarray:
        """Return which rows have a prediction (n,): those that diagnostics added, such as episodes, have none."""
        return ~self.rows["prediction"].isna().to_numpy(bool)

    def probabilities(self, name: str) -> np.ndarray:
        """Return a column of stated probabilities (n,), 0 where a row has no prediction."""
        return require_finite(np.where(self.answered(), self.column(name), 0.0), name)

    def is_positive(self) -> np.ndarray:
        """Return whether each row's label is the positive one (n,)."""
        return (self.rows["label"] == self.positive).to_numpy(bool)


def require_finite(values: np.ndarray, name: str) -> np.ndarray:
    """Return the values of a column. Raises `InputError` where one is infinite or missing."""
    finite = np.isfinite(values)
    if not finite.all():
        raise InputError(f"column {name!r} of the predictions holds {values[~finite][0]} in a row that counts")
    return values
