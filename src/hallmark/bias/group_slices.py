"""Group slices: the subsets of a table that an audit looks at, by the values of each group and pair of groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd

from hallmark.contracts.examples import GROUP
from hallmark.contracts.slices import slice_name
from hallmark.errors import InputError

_MAX_VALUES = 50  # of a group; a column with more is a measurement, and two of them would make thousands of tiny slices


@dataclass(frozen=True)
class GroupSlice:
    """The rows with one value of a group, or with one value of each of two groups.

    groups, values: One or two names of groups, and the value of each, in the same order.
    mask: (n,) true for the rows of the slice.
    entities: How many entities these rows are of.
    """

    groups: tuple[str, ...]
    values: tuple[str, ...]
    mask: np.ndarray
    entities: int

    @property
    def fields(self) -> dict[str, str]:
        """The value by group, {"sex": "f"}, as a finding has it."""
        return dict(zip(self.groups, self.values, strict=True))

    @property
    def name(self) -> str:
        """The slice's unique name, such as "sex=f" or "sex=f & age=old" (see `contracts.slices`)."""
        return slice_name(self.fields)

    @property
    def rows(self) -> int:
        """How many rows the slice has."""
        return int(self.mask.sum())


def make_slices(rows: pd.DataFrame, groups: Sequence[str]) -> list[GroupSlice]:
    """Return the slices of `rows`: one for each value of each group, then one for each pair of values of two groups.

    They follow the order of `groups`, values sorted. Pairs of values that no row has are included:
    an empty slice is a gap in coverage. Raises `InputError` on a group with more than fifty values.
    """
    values = {group: sorted(rows[GROUP + group].dropna().unique()) for group in groups}
    for group in groups:
        if len(values[group]) > _MAX_VALUES:
            raise InputError(f"group {group!r} has {len(values[group])} values; band them, to at most {_MAX_VALUES}")

    masks = {}
    for group in groups:
        for value in values[group]:
            masks[group, value] = (rows[GROUP + group] == value).to_numpy(bool)
    entities = pd.factorize(rows["entity"])[0]

    slices = []
    singles = [(group,) for group in groups]
    pairs = list(combinations(groups, 2))
    for slice_groups in (*singles, *pairs):
        for slice_values in product(*(values[group] for group in slice_groups)):
            parts = zip(slice_groups, slice_values, strict=True)
            mask = np.logical_and.reduce([masks[part] for part in parts])
            n_entities = len(np.unique(entities[mask]))
            slices.append(GroupSlice(slice_groups, slice_values, mask, n_entities))
    return slices
