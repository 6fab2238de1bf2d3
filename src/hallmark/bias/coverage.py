"""Coverage: whether the predictions have every declared group, and enough rows of each of its values to judge it.

A group that is absent or too small cannot be cleared of a difference.
"""

from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from hallmark.bias.group_slices import GroupSlice
from hallmark.contracts.examples import GROUP
from hallmark.contracts.findings import Finding, Verdict

CHECK = "bias.coverage"
_MAX_NAMED = 5  # small slices that the sentence names; groups.csv lists all


def comparable_groups(rows: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    """Return those of `groups` for which `rows` has a column `group.<name>` with at least two values."""
    return [group for group in groups if GROUP + group in rows and len(rows[GROUP + group].dropna().unique()) > 1]


def coverage_findings(
    rows: pd.DataFrame, groups: Sequence[str], slices: Sequence[GroupSlice], *, min_rows: int
) -> list[Finding]:
    """Return a finding for each declared group, and for each pair of comparable groups.

    It fails where the group's column is absent, has missing values, or has one value only. It is
    unresolved where a value, or a pair of values, has fewer than `min_rows` rows or none: no metric
    could be estimated there.

    rows: The predictions.
    slices: The slices of these rows (see `make_slices`).
    """
    findings = []
    for group in groups:
        slices_of_group = [each for each in slices if each.groups == (group,)]
        findings.append(_group_finding(rows, group, slices_of_group, min_rows))
    for pair in combinations(comparable_groups(rows, groups), 2):
        slices_of_pair = [each for each in slices if each.groups == pair]
        findings.append(_size_finding(slices_of_pair, min_rows))
    return findings


def _group_finding(rows: pd.DataFrame, group: str, slices: Sequence[GroupSlice], min_rows: int) -> Finding:
    if GROUP + group not in rows:
        return _failure(group, f"The predictions have no column {GROUP + group}, which the configuration declares.")

    column = rows[GROUP + group]
    if column.isna().any():
        return _failure(group, f"{column.isna().sum():,} of {len(rows):,} examples have no value of {group}.")
    if len(column.unique()) < 2:
        only_value = f"{group}={column.iloc[0]}" if len(column) else f"no {group} at all"
        return _failure(group, f"All {len(rows):,} examples have {only_value}, so there is nothing to compare.")
    return _size_finding(slices, min_rows)


def _failure(group: str, reason: str) -> Finding:
    return Finding(check=CHECK, groups=(group,), verdict="fail", reason=reason)


def _size_finding(slices: Sequence[GroupSlice], min_rows: int) -> Finding:
    """Return whether each slice of a group, or of a pair of groups, has at least `min_rows` rows."""
    by_size = sorted(slices, key=lambda each: each.rows)
    small = [each for each in by_size if each.rows < min_rows]
    smallest = by_size[0]

    verdict: Verdict = "unresolved" if small else "pass"
    if small:
        n_unnamed = len(small) - _MAX_NAMED
        more = f" and {n_unnamed} more" if n_unnamed > 0 else ""
        names = _names_with_sizes(small[:_MAX_NAMED])
        reason = f"{len(small)} of {len(slices)} parts have fewer than {min_rows} examples: {names}{more}."
    else:
        size = _names_with_sizes([smallest])
        reason = f"Each of the {len(slices)} parts has at least {min_rows} examples; the smallest is {size}."
    return Finding(check=CHECK, groups=smallest.groups, n=smallest.entities, verdict=verdict, reason=reason)


def _names_with_sizes(slices: Sequence[GroupSlice]) -> str:
    return ", ".join(f"{each.name} ({each.rows:,})" for each in slices)
