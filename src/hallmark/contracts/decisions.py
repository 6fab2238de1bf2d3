"""The cost of decisions, as training (threshold), evaluation and the model card use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError


@dataclass(frozen=True)
class Decision:
    """Cost matrix: what predicting one label costs where another is true, in `unit` per decision.

    It has the keys of the section `decision` (`config.stages.Decision`), and is no section itself,
    since answers and packages compute costs with it and import no configuration.

    positive: The label that an alert stands for; None where no label is special.
    mistake: The cost of a wrong prediction that `matrix` does not name; a right one costs 0.
    matrix: The cost by true label, then by predicted label: `matrix[true][predicted]`.
    scale: By true label, the table column that multiplies the costs of its rows, such as the amount
        that is lost where a fraud is missed. The column holds finite numbers of 0 or more.
    specificity: The fraction of the other labels' examples that must get no alert; it sets the
        threshold. None: the threshold is where the expected cost is least.
    """

    positive: str | None = None
    mistake: float = 1.0
    matrix: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    scale: Mapping[str, str] = field(default_factory=dict)
    unit: str = "mistakes"
    specificity: float | None = None

    @property
    def keys(self) -> list[str]:
        """The names of the fields whose value is not the default one."""
        default = Decision()
        names = [each.name for each in fields(self)]
        return [name for name in names if getattr(self, name) != getattr(default, name)]

    def costs(self, labels: tuple[str, ...], table: pd.DataFrame, true: np.ndarray) -> np.ndarray:
        """Return the cost (n, K) of predicting each of K `labels` in each of n rows of `table`.

        `true` (n,) holds the true label of each row, as a position in `labels`.

        `matrix` and `scale` name no other label: `configure` compares them with those of the reading.

        Raises `InputError` where a column of `scale` is missing or holds a value that no cost can be
        multiplied by.
        """
        matrix = np.full((len(labels), len(labels)), self.mistake)  # (true, predicted)
        np.fill_diagonal(matrix, 0.0)
        for true_label, costs_by_prediction in self.matrix.items():
            for predicted_label, cost in costs_by_prediction.items():
                matrix[labels.index(true_label), labels.index(predicted_label)] = cost

        costs: np.ndarray = matrix[true]
        for true_label, column in self.scale.items():
            if column not in table:
                raise InputError(f"decision.scale names the column {column!r}, which the examples do not have")
            rows = true == labels.index(true_label)
            costs[rows] *= _factors(true_label, table.loc[rows, column])[:, None]
        return costs


def _factors(true_label: str, values: "pd.Series[Any]") -> np.ndarray:
    """Return a column of `scale`, in the rows of one true label, as floats (m,).

    Raises `InputError` where it holds text, or a number that is negative, infinite or missing.
    """
    cure = "costs are multiplied by it: name a descriptor of numbers from 0 up, such as descriptor.amount"
    beginning = f"decision.scale.{true_label} names the column {str(values.name)!r}, which holds"
    if not pd.api.types.is_numeric_dtype(values):
        content = f"{str(values.iloc[0])[:80]!r}, no number" if len(values) else "no numbers"
        raise InputError(f"{beginning} {content}; {cure}")

    factors = values.to_numpy(float, na_value=np.nan)
    is_bad = ~((factors >= 0) & np.isfinite(factors))
    if is_bad.any():
        more = f" (and {is_bad.sum() - 1} more)" if is_bad.sum() > 1 else ""
        raise InputError(f"{beginning} {factors[is_bad][0]:g}{more}; {cure}, or mend the raw data")
    return factors
