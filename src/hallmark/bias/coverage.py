"""Is every declared group there, and large enough to be judged? A group that is not cannot be cleared, and says so."""

from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from hallmark.bias.group_slices import Member
from hallmark.contracts.examples import GROUP
from hallmark.contracts.findings import Finding, Verdict

_NAMED = 5  # small combinations named in the sentence; the table has them all


def usable(rows: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    """Return the declared groups that have at least two values to compare."""
    return [group for group in groups if GROUP + group in rows and len(rows[GROUP + group].dropna().unique()) > 1]


def coverage(rows: pd.DataFrame, groups: Sequence[str], members: Sequence[Member], *, minimum: int) -> list[Finding]:
    """Return a `bias.coverage` finding for each declared group and pair of usable groups.

    A group that is missing, has missing values or only one value fails. A value or a combination with fewer than
    `minimum` rows, none included, is unresolved: nobody can tell how such people fare.
    """
    there = usable(rows, groups)
    singles = [_single(rows, group, [m for m in members if m.groups == (group,)], minimum) for group in groups]
    pairs = [_sized([m for m in members if m.groups == pair], minimum) for pair in combinations(there, 2)]
    return singles + pairs


def _single(rows: pd.DataFrame, group: str, members: Sequence[Member], minimum: int) -> Finding:
    if GROUP + group not in rows:
        return _failure(group, f"The predictions have no column {GROUP + group}, which the configuration declares.")

    column = rows[GROUP + group]
    if column.isna().any():
        return _failure(group, f"{column.isna().sum():,} of {len(rows):,} examples have no value of {group}.")
    if len(column.unique()) < 2:
        only_value = f"{group}={column.iloc[0]}" if len(column) else f"no {group} at all"
        return _failure(group, f"All {len(rows):,} examples have {only_value}, so there is nothing to compare.")
    return _sized(members, minimum)


def _sized(members: Sequence[Member], minimum: int) -> Finding:
    smallest = min(members, key=lambda member: member.rows)
    small = sorted((member for member in members if member.rows < minimum), key=lambda member: member.rows)
    if not small:
        why = f"Each of the {len(members)} parts has at least {minimum} examples; the smallest is {_sizes([smallest])}."
        return _finding(smallest, "pass", why)
    more = f" and {len(small) - _NAMED} more" if len(small) > _NAMED else ""
    why = f"{len(small)} of {len(members)} parts have fewer than {minimum} examples: {_sizes(small[:_NAMED])}{more}."
    return _finding(smallest, "unresolved", why)


def _sizes(members: Sequence[Member]) -> str:
    return ", ".join(f"{member.name} ({member.rows:,})" for member in members)


def _failure(group: str, why: str) -> Finding:
    return Finding(check="bias.coverage", groups=(group,), verdict="fail", reason=why)


def _finding(smallest: Member, verdict: Verdict, why: str) -> Finding:
    return Finding(check="bias.coverage", groups=smallest.groups, n=smallest.entities, verdict=verdict, reason=why)
