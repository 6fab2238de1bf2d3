"""The subsets of a table that an audit looks at: the values of each group, and of each pair of groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd

from hallmark.contracts.examples import GROUP
from hallmark.contracts.slices import slice_name
from hallmark.errors import InputError

_VALUES = 50  # more are no group but a measurement, and their pairs would be thousands of tiny parts


@dataclass(frozen=True)
class Member:
    """Rows that share the values of one group or of two.

    `name` reads "sex=f", or "sex=f & age=old"; no two members share one (see `slices`).
    """

    groups: tuple[str, ...]
    values: tuple[str, ...]
    mask: np.ndarray  # (n,) bool
    entities: int

    @property
    def slice(self) -> dict[str, str]:
        return dict(zip(self.groups, self.values, strict=True))

    @property
    def name(self) -> str:
        return slice_name(self.slice)

    @property
    def rows(self) -> int:
        return int(self.mask.sum())


def members_of(rows: pd.DataFrame, groups: Sequence[str]) -> list[Member]:
    """Return the members of every group in the order given, then those of every pair, empty ones included.

    Raises `InputError` on a group with more than fifty values.
    """
    values = {group: sorted(rows[GROUP + group].dropna().unique()) for group in groups}
    for group in groups:
        if len(values[group]) > _VALUES:
            raise InputError(f"group {group!r} has {len(values[group])} values; band them, to at most {_VALUES}")
    masks = {
        (group, value): (rows[GROUP + group] == value).to_numpy(bool) for group in groups for value in values[group]
    }
    entities = pd.factorize(rows["entity"])[0]

    members = []
    singles = [(group,) for group in groups]
    pairs = list(combinations(groups, 2))
    for chosen in (*singles, *pairs):
        for combination in product(*(values[group] for group in chosen)):
            mask = np.logical_and.reduce([masks[part] for part in zip(chosen, combination, strict=True)])
            members.append(Member(chosen, combination, mask, len(np.unique(entities[mask]))))
    return members
