"""What a decision costs: the one description that training (threshold), evaluation and the card share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError


@dataclass(frozen=True)
class Decision:
    """Costs of predicting one label where another is true, in `unit` for each decision.

    `matrix[true][predicted]` is a cost; a mistake that it does not name costs `mistake`, a right answer 0.
    `scale[true]` names a table column that multiplies the costs of that true label (the amount that a missed fraud
    loses): numbers of 0 or more. `specificity` fixes where alerts begin, by the share of the other label's examples
    that stay without one; without it, they begin where the expected cost is least.
    """

    positive: str | None = None  # the label that an alert stands for; None where no label is special
    mistake: float = 1.0
    matrix: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    scale: Mapping[str, str] = field(default_factory=dict)
    unit: str = "mistakes"
    specificity: float | None = None

    @property
    def keys(self) -> list[str]:
        """The keys that are set otherwise than by default."""
        default = Decision()
        return [each.name for each in fields(self) if getattr(self, each.name) != getattr(default, each.name)]

    def costs(self, labels: tuple[str, ...], table: pd.DataFrame, true: np.ndarray) -> np.ndarray:
        """Return (n, K): what predicting each label would cost in each row, given the class indices `true` (n,).

        Raises `InputError` on a label that is none of `labels`, and on a column of `scale` that is missing or by which
        no cost can be multiplied.
        """
        unknown = {*self.matrix, *self.scale, *(p for row in self.matrix.values() for p in row)} - set(labels)
        if unknown:
            raise InputError(f"decision names the label {sorted(unknown)[0]!r}, which is none of {list(labels)}")
        base = np.full((len(labels), len(labels)), self.mistake)
        np.fill_diagonal(base, 0.0)
        for truth, row in self.matrix.items():
            for predicted, cost in row.items():
                base[labels.index(truth), labels.index(predicted)] = cost
        costs: np.ndarray = base[true]
        for truth, column in self.scale.items():
            if column not in table:
                raise InputError(f"decision.scale names the column {column!r}, which the examples do not have")
            rows = true == labels.index(truth)
            costs[rows] *= _factors(truth, table.loc[rows, column])[:, None]
        return costs


def _factors(truth: str, values: "pd.Series[Any]") -> np.ndarray:
    """Return a column of `scale` as floats (n,). Raises `InputError` on text, and on what is below 0 or not finite."""
    cure = "costs are multiplied by it: name a descriptor of numbers from 0 up, such as descriptor.amount"
    named = f"decision.scale.{truth} names the column {str(values.name)!r}, which holds"
    if not pd.api.types.is_numeric_dtype(values):
        shown = f" {str(values.iloc[0])[:80]!r}, no number" if len(values) else " no numbers"
        raise InputError(f"{named}{shown}; {cure}")

    factors = values.to_numpy(float, na_value=np.nan)
    bad = ~((factors >= 0) & np.isfinite(factors))
    if bad.any():
        more = f" (and {bad.sum() - 1} more)" if bad.sum() > 1 else ""
        raise InputError(f"{named} {factors[bad][0]:g}{more}; {cure}, or mend the raw data")
    return factors
