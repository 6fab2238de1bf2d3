"""Group slices: the subsets of a table that an audit looks at, by the values of each group and pair of groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd

from hallmark.contracts.examples import GROUP
from hallmark.contracts.slices import slice_name
from hallmark.errors import InputError

_MAX_VALUES = 50  # more are no group but a measurement, and their pairs would be thousands of tiny parts


@dataclass(frozen=True)
class GroupSlice:
    """Rows that share the values of one group or of two.

    `name` reads "sex=f", or "sex=f & age=old"; no two slices share one (see `contracts.slices`).
    """

    groups: tuple[str, ...]
    values: tuple[str, ...]
    mask: np.ndarray  # (n,) bool
    entities: int

    @property
    def fields(self) -> dict[str, str]:
        """Its groups with their values, as a finding has them."""
        return dict(zip(self.groups, self.values, strict=True))

    @property
    def name(self) -> str:
        return slice_name(self.fields)

    @property
    def rows(self) -> int:
        return int(self.mask.sum())


def make_slices(rows: pd.DataFrame, groups: Sequence[str]) -> list[GroupSlice]:
    """Return the slices of every group in the order given, then those of every pair, empty ones included.

    Raises `InputError` on a group with more than fifty values.
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
