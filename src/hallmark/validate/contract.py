"""The contract's checks: the rules that the prepared examples of every task must meet.

Each check is one expectation of Great Expectations on a table: the examples, or a small table
derived from them (a row for each entity, each split and label, or each value of a group). So all
checks are in the Data Docs. A missing column fails the check `columns`, and has no other check.

The tables are made by pandas (`example_frames`), or by DuckDB where there are very many examples
(`example_queries`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP, SPLITS
from hallmark.validate.data_checks import CheckedFrame, DataCheck, Rows

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
EARLIER_END = "end of the one before"  # a column, as are those below
LATER_BEGIN = "begin"
SPLIT_COUNT = "examples of a split"
LABEL_COUNT = "examples of a label in a split"
SPLITS_OF_ONE = "splits of one {}".format  # of entity or fingerprint
GROUP_COUNT = "test examples of one {}".format
NOT_FINITE = "values that are not finite in array.{}".format
_N_SHOWN = 12  # allowed values that a rule names


class ExampleRows(Protocol):
    """The tables that the contract checks. Each is as its pandas version in `example_frames` says."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns of the examples."""
        ...

    def all_rows(self) -> Rows: ...

    def array_rows(self, arrays: Mapping[str, np.ndarray]) -> Rows: ...

    def split_sizes(self) -> pd.DataFrame: ...

    def single_splits(self, key: str) -> Rows: ...

    def split_names(self, key: str) -> list[str]: ...

    def class_counts(self, labels: Sequence[str]) -> pd.DataFrame: ...

    def group_counts(self, group: str) -> pd.DataFrame: ...

    def time_order(self, pairs: Sequence[tuple[str, str]], *, by_first_time: bool) -> pd.DataFrame: ...

    def time_order_within_entities(self, pairs: Sequence[tuple[str, str]]) -> Rows: ...


def contract_frames(
    rows: ExampleRows,
    *,
    arrays: Mapping[str, np.ndarray],
    labels: tuple[str, ...],
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
    columns = set(rows.columns)
    group_columns = [GROUP + name for name in groups]

    frames = [_examples_frame(rows, labels, group_columns)]
    if arrays:
        frames.append(_arrays_frame(rows, arrays))
    if not {"id", "split"} <= columns:
        return frames

    frames.append(_split_sizes_frame(rows))
    single_split_keys = ["fingerprint"] if split_method == "leave_last_out" else ["entity", "fingerprint"]
    frames += [_single_split_frame(rows, key) for key in single_split_keys if key in columns]
    if labels and "label" in columns:
        frames.append(_class_counts_frame(rows, labels, minimum_per_class))
    frames += [_group_counts_frame(rows, column, minimum_per_group) for column in group_columns if column in columns]

    if split_method in _SPLITS_IN_ORDER and {"entity", "time"} <= columns:
        frames.append(_time_order_frame(rows, split_method))
    return frames


def index_of(columns: Iterable[str]) -> list[str]:
    """Return the columns that identify an example in messages: none where there are no ids."""
    return ["id"] if "id" in columns else []


def _examples_frame(rows: ExampleRows, labels: tuple[str, ...], group_columns: list[str]) -> CheckedFrame:
    """Return the examples' table with the checks on its columns, of which `group_columns` must exist."""
    columns = set(rows.columns)
    groups = [column for column in rows.columns if column.startswith(GROUP)]
    descriptors = [column for column in rows.columns if column.startswith(DESCRIPTOR)]
    required_columns = [*REQUIRED, *(["label"] if labels else []), *group_columns]
    # Without repeats, in order.
    complete_columns = dict.fromkeys([*required_columns, "time", *groups])

    checks = []
    for column in required_columns:
        rule = f"there is a column {column}"
        checks.append(DataCheck("columns", column, "expect_column_to_exist", {"column": column}, rule))
    for column in complete_columns:
        if column in columns:
            checks.append(_column_check("complete", column, "not_be_null", f"{column} is never empty"))
    for column in descriptors:
        checks.append(_column_check("finite", column, "be_finite", f"{column} is a finite number"))
    if "id" in columns:
        checks.append(_column_check("unique_ids", "id", "be_unique", "an id occurs once"))
    if "split" in columns:
        checks.append(_membership_check("known_splits", "split", SPLITS))
    if labels and "label" in columns:
        checks.append(_membership_check("known_labels", "label", labels))
    return CheckedFrame(rows.all_rows(), index_of(columns), "rows", checks)


def _arrays_frame(rows: ExampleRows, arrays: Mapping[str, np.ndarray]) -> CheckedFrame:
    """Return a row for each example with the count of values in each array that are NaN or infinite."""
    checks = []
    for name in arrays:
        subject = f"array.{name}"
        rule = f"the count of values in {subject} that are NaN or infinite is 0"
        checks.append(_column_check("finite", subject, "be_between", rule, column=NOT_FINITE(name), max_value=0))
    return CheckedFrame(rows.array_rows(arrays), index_of(rows.columns), "rows", checks)


def _split_sizes_frame(rows: ExampleRows) -> CheckedFrame:
    """Return a row for each of `JUDGED` with its count of examples."""
    rule = f"none of {', '.join(JUDGED)} is empty"
    check = _column_check("filled_splits", "split", "be_between", rule, column=SPLIT_COUNT, min_value=1)
    return CheckedFrame(rows.split_sizes(), ["split"], "splits", [check], of_counts=True)


def _single_split_frame(rows: ExampleRows, key: str) -> CheckedFrame:
    """Return a row for each value of `key`, "entity" or "fingerprint", with its splits and an id in each."""
    name = f"one_split_per_{key}"
    rule = f"no {key} is in two splits"
    splits = rows.split_names(key)
    check = _column_check(name, key, "be_in_set", rule, column=SPLITS_OF_ONE(key), value_set=splits)
    index = [key, "id"] if key == "entity" else ["id"]
    units = "entities" if key == "entity" else f"{key}s"
    return CheckedFrame(rows.single_splits(key), index, units, [check])


def _class_counts_frame(rows: ExampleRows, labels: tuple[str, ...], minimum: int) -> CheckedFrame:
    """Return a row for each of `JUDGED` and each label, with the count of their examples."""
    rule = f"every label has at least {minimum} examples in each of {', '.join(JUDGED)}"
    check = _column_check("class_counts", "label", "be_between", rule, column=LABEL_COUNT, min_value=minimum)
    counts = rows.class_counts(labels)
    return CheckedFrame(counts, ["split", "label"], "pairs of split and label", [check], of_counts=True)


def _group_counts_frame(rows: ExampleRows, group: str, minimum: int) -> CheckedFrame:
    """Return a row for each value of the column `group` in any split, with its count of test examples."""
    rule = f"every {group} has at least {minimum} test examples"
    check = _column_check("group_counts", group, "be_between", rule, column=GROUP_COUNT(group), min_value=minimum)
    return CheckedFrame(rows.group_counts(group), ["value"], f"values of {group}", [check], of_counts=True)


def _time_order_frame(rows: ExampleRows, split_method: str) -> CheckedFrame:
    """Return a row for each pair of splits, or for each entity and pair of its splits, with the end of the earlier one
    and the begin of the later one.
    """
    pairs = _SPLITS_IN_ORDER[split_method]
    if split_method == "leave_last_out":
        rule = "of each entity, a later split begins no earlier than the one before it ends"
        frame = rows.time_order_within_entities(pairs)
        return CheckedFrame(frame, ["entity", "splits"], "pairs of splits of an entity", [_time_order_check(rule)])

    by_first_time = split_method == "time"
    rule = "a later split begins no earlier than the one before it ends"
    if by_first_time:
        rule = "the entities of a later split begin no earlier than those of the one before it"
    spans = rows.time_order(pairs, by_first_time=by_first_time)
    return CheckedFrame(spans, ["splits"], "pairs of splits", [_time_order_check(rule)])


def _time_order_check(rule: str) -> DataCheck:
    arguments = {"column_A": LATER_BEGIN, "column_B": EARLIER_END, "or_equal": True}
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
