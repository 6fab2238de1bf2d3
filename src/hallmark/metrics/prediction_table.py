"""The predictions of one scorer on one split, as metrics read them: values checked, entities
numbered once.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.metrics.statistics.influence import encode


@dataclass(frozen=True, eq=False)
class PredictionTable:
    """n rows of the predictions contract (`contracts.predictions`).

    codes: (n,) each row's entity, a number in 0 … entity_count - 1.
    positive: The label that an alert stands for; None where no label is special.
    seed: Of random numbers: the noise of calibration bins, the blocks of a jackknife.
    """

    rows: pd.DataFrame
    codes: np.ndarray
    entity_count: int
    positive: str | None
    seed: int

    @classmethod
    def of(cls, rows: pd.DataFrame, *, positive: str | None, seed: int) -> "PredictionTable":
        """Return the table of `rows`, whose entities are numbered by the column `entity`."""
        codes, entity_count = encode(rows["entity"].to_numpy())
        return cls(rows, codes, entity_count, positive, seed)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> np.ndarray:
        """Return a column (n,) as floats. Raises `InputError` where there is none of this name."""
        if name not in self.rows:
            raise InputError(f"the predictions have no column {name!r}")
        return self.rows[name].to_numpy(float)

    def entities_by_id(self) -> np.ndarray:
        """Return the entities 0 … entity_count - 1 in the order of their smallest ids (G,).

        Ids are distinct, so the order depends on the ids alone: other names of the entities, or
        another order of the rows, leave it as it is. Raises `InputError` where there are no ids.
        """
        if "id" not in self.rows:
            raise InputError("the predictions have no column 'id'")
        by_id = self.rows["id"].argsort(kind="stable").to_numpy()
        return np.asarray(pd.unique(self.codes[by_id]))

    def has_prediction(self) -> np.ndarray:
        """Return for each row whether it has a prediction (n,).

        Episodes, which diagnostics add, have none.
        """
        return ~self.rows["prediction"].isna().to_numpy(bool)

    def probabilities(self, name: str) -> np.ndarray:
        """Return a column of probabilities that the scorer stated (n,), 0 where a row has no
        prediction.

        Raises `InputError` where the column is missing, or a row with a prediction has no finite
        value.
        """
        return require_finite(np.where(self.has_prediction(), self.column(name), 0.0), name)

    def is_positive(self) -> np.ndarray:
        """Return for each row whether its label is the positive one (n,)."""
        return (self.rows["label"] == self.positive).to_numpy(bool)


def require_finite(values: np.ndarray, name: str) -> np.ndarray:
    """Return the values (n,) of the column `name`.

    Raises `InputError` where one is infinite or NaN.
    """
    is_finite = np.isfinite(values)
    if not is_finite.all():
        raise InputError(f"column {name!r} of the predictions holds {values[~is_finite][0]} in a row that counts")
    return values
