"""The contract's checks: the rules that the prepared examples of every task must meet.

Each check is one expectation of Great Expectations on a table: the examples, or a small table
derived from them (a row for each entity, each split and label, or each value of a group). So all
checks are in the Data Docs. A missing column fails the check `columns`, and has no other check.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import GROUP, SPLITS, Examples
from hallmark.errors import InputError
from hallmark.expectation_schema import Conditions

REQUIRED = ("id", "entity", "fingerprint", "split")  # columns
# The splits for training and evaluation, which need examples of each class. The class frequencies
# of `recent` are those of today's traffic: the stage drift compares them.
JUDGED = ("train", "validation", "test")
# Pairs of splits of which the second must follow the first in time, by method of the split.
_SPLITS_IN_ORDER = {
    "time": (("train", "validation"), ("validation", "test"), ("test", "recent")),
    "entity_and_time": (("train", "test"), ("validation", "test"), ("test", "recent")),
    "leave_last_out": (("train", "validation"), ("validation", "test"), ("train", "test")),
}
_EARLIER_END = "end of the one before"  # a column, as is the next
_LATER_BEGIN = "begin"
# Values that are read at once, so that a memory-mapped array never fills the memory.
_CHUNK = 1 << 24
_N_SHOWN = 12  # allowed values that a rule names


@dataclass(frozen=True)
class DataCheck:
    """One expectation in Great Expectations' terms.

    column: The column of the examples that it is about; None: the whole table.
    rule: What must hold, in words.
    condition: Which rows are checked; None: all.
    """

    name: str
    column: str | None
    type: str
    arguments: Mapping[str, Any]
    rule: str
    condition: Conditions | None = None


@dataclass(frozen=True)
class CheckedFrame:
    """Rows with the checks on them.

    index: The columns that identify a row, for messages.
    units: What a row is, plural, such as "entities".
    aliases: Columns of `rows` that repeat a column of a condition, by that column's name.
    of_counts: Rows are counts of examples by split, label or group, so that no row shows an
        example.
    """

    rows: pd.DataFrame
    index: list[str]
    units: str
    checks: list[DataCheck]
    aliases: Mapping[str, str] = field(default_factory=dict)
    of_counts: bool = False


def contract_frames(
    examples: Examples,
    *,
    minimum_per_class: int,
    minimum_per_group: int,
    groups: Iterable[str],
    split_method: str,
) -> list[CheckedFrame]:
    """Return the frames with all checks of the contract, that of the examples themselves first.

    minimum_per_class: The least number of examples of each label in each of `JUDGED`.
    minimum_per_group: The least number of test examples of each value of a group.
    groups: The declared groups, without the prefix `group.`.
    split_method: `prepare.split.method`; methods that go by time have a check of the order.
    """
    table = examples.table
    columns = set(table.columns)
    group_columns = [GROUP + name for name in groups]

    frames = [_examples_frame(examples, group_columns), _arrays_frame(examples)]
    if not {"id", "split"} <= columns:
        return frames

    frames.append(_split_sizes_frame(table))
    single_split_keys = ["fingerprint"] if split_method == "leave_last_out" else ["entity", "fingerprint"]
    frames += [_single_split_frame(table, key) for key in single_split_keys if key in columns]
    if examples.labels and "label" in columns:
        frames.append(_class_counts_frame(table, examples.labels, minimum_per_class))
    frames += [_group_counts_frame(table, column, minimum_per_group) for column in group_columns if column in columns]

    if split_method in _SPLITS_IN_ORDER and {"entity", "time"} <= columns:
        pairs = _SPLITS_IN_ORDER[split_method]
        if split_method == "leave_last_out":
            frames.append(_time_order_within_entities_frame(table, pairs))
        else:
            frames.append(_time_order_frame(table, pairs, by_first_time=split_method == "time"))
    return frames


def _examples_frame(examples: Examples, group_columns: list[str]) -> CheckedFrame:
    """Return the examples' table with the checks on its columns, of which `group_columns` must exist."""
    table = examples.table
    columns = set(table.columns)
    required_columns = [*REQUIRED, *(["label"] if examples.labels else []), *group_columns]
    # Without repeats, in order.
    complete_columns = dict.fromkeys([*required_columns, "time", *examples.groups])

    checks = []
    for column in required_columns:
        rule = f"there is a column {column}"
        checks.append(DataCheck("columns", column, "expect_column_to_exist", {"column": column}, rule))
    for column in complete_columns:
        if column in columns:
            checks.append(_column_check("complete", column, "not_be_null", f"{column} is never empty"))
    for column in examples.descriptors:
        checks.append(_column_check("finite", column, "be_finite", f"{column} is a finite number"))
    if "id" in columns:
        checks.append(_column_check("unique_ids", "id", "be_unique", "an id occurs once"))
    if "split" in columns:
        checks.append(_membership_check("known_splits", "split", SPLITS))
    if examples.labels and "label" in columns:
        checks.append(_membership_check("known_labels", "label", examples.labels))
    return CheckedFrame(_widened(table), _index(table), "rows", checks)


def _arrays_frame(examples: Examples) -> CheckedFrame:
    """Return a row for each example with the count of values in each array that are NaN or infinite."""
    index = _index(examples.table)
    rows = examples.table[index]
    checks = []
    for name, array in examples.arrays.items():
        subject = f"array.{name}"
        column = f"values that are not finite in {subject}"
        rows = rows.assign(**{column: _count_not_finite(name, array, len(examples))})

        rule = f"the count of values in {subject} that are NaN or infinite is 0"
        checks.append(_column_check("finite", subject, "be_between", rule, column=column, max_value=0))
    return CheckedFrame(rows, index, "rows", checks)


def _split_sizes_frame(table: pd.DataFrame) -> CheckedFrame:
    """Return a row for each of `JUDGED` with its count of examples."""
    column = "examples of a split"
    counts = table["split"].value_counts().reindex(JUDGED, fill_value=0)
    rows = pd.DataFrame({"split": JUDGED, column: counts.to_numpy()})

    rule = f"none of {', '.join(JUDGED)} is empty"
    check = _column_check("filled_splits", "split", "be_between", rule, column=column, min_value=1)
    return CheckedFrame(rows, ["split"], "splits", [check], of_counts=True)


def _single_split_frame(table: pd.DataFrame, key: str) -> CheckedFrame:
    """Return a row for each value of `key`, "entity" or "fingerprint", with its splits and an id in each.

    Several are joined by "and", so that they are none of the allowed values.
    """
    column = f"splits of one {key}"
    first_rows = table[[key, "split", "id"]].dropna().drop_duplicates([key, "split"]).astype(str)
    is_in_several = first_rows.duplicated(key, keep=False)
    rows_by_value = first_rows[is_in_several].groupby(key, sort=False)
    in_several = rows_by_value[["split", "id"]].agg(" and ".join).reset_index()
    rows = pd.concat([first_rows[~is_in_several], in_several], ignore_index=True).rename(columns={"split": column})

    name = f"one_split_per_{key}"
    splits = sorted(set(first_rows["split"]))
    check = _column_check(name, key, "be_in_set", f"no {key} is in two splits", column=column, value_set=splits)
    index = [key, "id"] if key == "entity" else ["id"]
    units = "entities" if key == "entity" else f"{key}s"
    return CheckedFrame(rows, index, units, [check])


def _class_counts_frame(table: pd.DataFrame, labels: tuple[str, ...], minimum: int) -> CheckedFrame:
    """Return a row for each of `JUDGED` and each label, with the count of their examples."""
    column = "examples of a label in a split"
    pairs = pd.MultiIndex.from_product([JUDGED, labels], names=["split", "label"])
    counts = table.groupby(["split", "label"], observed=True).size().reindex(pairs, fill_value=0)
    rows = counts.rename(column).reset_index()

    rule = f"every label has at least {minimum} examples in each of {', '.join(JUDGED)}"
    check = _column_check("class_counts", "label", "be_between", rule, column=column, min_value=minimum)
    return CheckedFrame(rows, ["split", "label"], "pairs of split and label", [check], of_counts=True)


def _group_counts_frame(table: pd.DataFrame, group: str, minimum: int) -> CheckedFrame:
    """Return a row for each value of the column `group` in any split, with its count of test examples."""
    column = f"test examples of one {group}"
    values = pd.Index(sorted(table[group].dropna().astype(str).unique()), name="value")
    test_values = table.loc[table["split"] == "test", group].astype(str)
    counts = test_values.value_counts().reindex(values, fill_value=0)
    rows = counts.rename(column).reset_index()

    rule = f"every {group} has at least {minimum} test examples"
    check = _column_check("group_counts", group, "be_between", rule, column=column, min_value=minimum)
    return CheckedFrame(rows, ["value"], f"values of {group}", [check], of_counts=True)


def _time_order_frame(table: pd.DataFrame, pairs: Iterable[tuple[str, str]], *, by_first_time: bool) -> CheckedFrame:
    """Return a row for each pair of splits: the last time of the earlier and the first of the later one.

    `by_first_time`: entities were divided by their first times, so that only these are compared:
    other rows of an entity in the earlier split may be later.
    """
    timed = table.dropna(subset=["time"])
    if by_first_time:
        if "entity_start" in table:
            timed = timed.assign(time=timed["entity_start"])
        timed = timed.sort_values("time", kind="stable").drop_duplicates("entity")

    spans = _comparable(timed.groupby("split", observed=True)["time"].agg(["min", "max"]), table)
    present_pairs = [(earlier, later) for earlier, later in pairs if {earlier, later} <= set(spans.index)]
    rows = pd.DataFrame(
        {
            "splits": [f"{earlier} before {later}" for earlier, later in present_pairs],
            _LATER_BEGIN: spans["min"].reindex([later for _, later in present_pairs]).to_numpy(),
            _EARLIER_END: spans["max"].reindex([earlier for earlier, _ in present_pairs]).to_numpy(),
        }
    )

    rule = "a later split begins no earlier than the one before it ends"
    if by_first_time:
        rule = "the entities of a later split begin no earlier than those of the one before it"
    return CheckedFrame(rows, ["splits"], "pairs of splits", [_time_order_check(rule)])


def _time_order_within_entities_frame(table: pd.DataFrame, pairs: Iterable[tuple[str, str]]) -> CheckedFrame:
    """Return a row for each entity and pair of its splits, with the times of `_time_order_frame`."""
    timed = table.dropna(subset=["time"])
    spans = _comparable(timed.groupby(["split", "entity"], observed=True)["time"].agg(["min", "max"]), table)
    splits = set(spans.index.get_level_values("split"))

    parts = [pd.DataFrame(columns=["entity", "min", "max", "splits"])]
    for earlier, later in pairs:
        if {earlier, later} <= splits:
            of_entities = spans.loc[later][["min"]].join(spans.loc[earlier]["max"], how="inner")
            parts.append(of_entities.assign(splits=f"{earlier} before {later}").reset_index())
    rows = pd.concat(parts[1:] or parts, ignore_index=True)
    rows = rows.rename(columns={"min": _LATER_BEGIN, "max": _EARLIER_END})

    rule = "of each entity, a later split begins no earlier than the one before it ends"
    return CheckedFrame(rows, ["entity", "splits"], "pairs of splits of an entity", [_time_order_check(rule)])


def _comparable(spans: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the first and last times of splits as numbers or, if they are dates, as texts.

    ISO 8601 texts sort like the dates, and are readable in the Data Docs.
    """
    return spans if pd.api.types.is_numeric_dtype(table["time"]) else spans.map(str)


def _time_order_check(rule: str) -> DataCheck:
    arguments = {"column_A": _LATER_BEGIN, "column_B": _EARLIER_END, "or_equal": True}
    return DataCheck("time_order", "time", "expect_column_pair_values_a_to_be_greater_than_b", arguments, rule)


def _column_check(name: str, subject: str, requirement: str, rule: str, **arguments: Any) -> DataCheck:
    """Return a check of the column `subject`, by the expectation expect_column_values_to_{requirement}.

    If the frame has the checked values in another column, that is the argument `column`.
    """
    return DataCheck(name, subject, f"expect_column_values_to_{requirement}", {"column": subject, **arguments}, rule)


def _membership_check(name: str, column: str, allowed: Iterable[str]) -> DataCheck:
    values = list(allowed)
    listed = ", ".join(values[:_N_SHOWN])
    if len(values) > _N_SHOWN:
        listed += f" … ({len(values)})"
    return _column_check(name, column, "be_in_set", f"{column} is one of {listed}", value_set=values)


def _index(table: pd.DataFrame) -> list[str]:
    """Return the columns that identify an example in messages: none where there are no ids."""
    return ["id"] if "id" in table else []


def _widened(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with 64-bit floats and integers, in one block of memory for each type: fast to check.

    Great Expectations compares other number types row by row in Python, and copies the frame for
    every expectation.
    """
    wide_types = {"f": np.float64, "i": np.int64}
    types = {
        column: wide_types[dtype.kind]
        for column, dtype in table.dtypes.items()
        if isinstance(dtype, np.dtype) and dtype.kind in wide_types
    }
    return table.astype(types).copy()


def _count_not_finite(name: str, array: np.ndarray, rows: int) -> np.ndarray:
    """Return the number of values in each row of an array (n, …) that are NaN or infinite, (n,) int64."""
    if len(array) != rows:
        raise InputError(f"array {name!r} has {len(array)} rows where examples.parquet has {rows}")
    counts = np.zeros(rows, np.int64)
    if not np.issubdtype(array.dtype, np.inexact):
        return counts

    step = max(1, _CHUNK // max(1, array[:1].size))
    for start in range(0, rows, step):
        chunk = array[start : start + step]
        is_finite = np.isfinite(chunk).reshape(len(chunk), -1)
        counts[start : start + step] = (~is_finite).sum(axis=1)
    return counts
