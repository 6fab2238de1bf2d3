"""Matches: inputs that are the label under other names, each value with one label and vice versa.

Short tables match by chance. So a match counts only where labels in a random order hardly match.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaln

MIN_KNOWN = 0.5  # fraction of the examples in which a column must have a value
_N_SCREENED = 400  # rows that rule out most columns, before all rows are compared
_N_SHOWN = 4  # labels that a message names


@dataclass(frozen=True, kw_only=True)
class KnownLabel:
    """The label of each example, or an action that takes few values only.

    noun: "label" or "action".
    name: What the raw data calls it.
    names: The name of each label, by code.
    codes: The label of each example, (n,) int, an index into `names`.
    entities: The entity of each example, (n,) int.
    """

    noun: str
    name: str
    names: tuple[str, ...]
    codes: np.ndarray
    entities: np.ndarray

    @property
    def description(self) -> str:
        """The label for a message, such as "the label 'default' (repaid, lost)"."""
        more = " …" if len(self.names) > _N_SHOWN else ""
        return f"the {self.noun} {self.name!r} ({', '.join(self.names[:_N_SHOWN])}{more})"


def matches_labels(values: np.ndarray, label: KnownLabel, log_alpha: float) -> bool:
    """Return whether a column (n,) and the label are one-to-one, and hardly by chance.

    Rows without a value (NaN) are left out; at least half of the rows must have one. `log_alpha` is
    the natural logarithm of the probability at which a match counts as chance.
    """
    screened = screening_rows(len(values))
    if not is_one_to_one(values[screened], label.codes[screened]):
        return False

    is_known = ~np.isnan(values)
    codes = label.codes[is_known]
    has_several_labels = len(np.unique(codes)) > 1
    if is_known.mean() < MIN_KNOWN or not has_several_labels or not is_one_to_one(values, label.codes):
        return False
    return log_match_probability(codes, label.entities[is_known]) < log_alpha


def is_one_to_one(values: np.ndarray, codes: np.ndarray) -> bool:
    """Return whether each value (n,) occurs with one label code (n,), and each code with one value.

    Rows whose value is NaN are left out.
    """
    is_known = ~np.isnan(values)
    pairs = np.unique(np.stack([values[is_known], codes[is_known]], axis=1), axis=0)
    n_values = len(np.unique(pairs[:, 0]))
    n_codes = len(np.unique(pairs[:, 1]))
    return len(pairs) == n_values == n_codes


def find_one_to_one_columns(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return for each column of (n, F), none of it NaN, whether `is_one_to_one` holds: (F,) bool.

    False for all columns where there is one label only.
    """
    labels = np.unique(codes)
    is_match = np.full(values.shape[1], len(labels) > 1)
    for code in labels:
        rows_of_label = values[codes == code]
        is_match &= (rows_of_label == rows_of_label[0]).all(axis=0)

    sorted_values = np.sort(values[:, is_match], axis=0)
    n_distinct = 1 + (sorted_values[1:] != sorted_values[:-1]).sum(axis=0)
    is_match[is_match] = n_distinct == len(labels)
    return is_match


def log_match_probability(codes: np.ndarray, entities: np.ndarray) -> float:
    """Return the log-probability that labels in a random order match a column of as many values.

    K labels match in K! of all their orders (`log_label_orders`), one for each naming of the
    values.
    """
    n_labels = len(np.unique(codes))
    return float(gammaln(n_labels + 1) - log_label_orders(codes, entities))


def log_label_orders(codes: np.ndarray, entities: np.ndarray) -> float:
    """Return log n! / (n₁! … n_K!): in how many orders the labels (n,) of the examples could stand.

    Where each entity (n,) has one label only, entities are counted instead of examples, since an
    honest column may be constant within each entity.
    """
    pairs = pd.DataFrame({"entity": entities, "label": codes}).drop_duplicates()
    has_one_label_each = len(pairs) == pairs["entity"].nunique()
    counts = np.bincount(pairs["label"] if has_one_label_each else codes)
    return float(gammaln(counts.sum() + 1) - gammaln(counts + 1).sum())


def screening_rows(n_rows: int) -> np.ndarray:
    """Return the row numbers, evenly spaced and at most 400, that are compared before all others."""
    n_screened = min(n_rows, _N_SCREENED)
    return np.unique(np.linspace(0, n_rows - 1, n_screened).astype(int))
