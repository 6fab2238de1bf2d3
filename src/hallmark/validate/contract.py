"""The contract's checks: what every task's examples must meet, whatever they are about.

Each check is one Great Expectations expectation on a frame: the examples, or a small frame derived
from them (one row for each entity, each split and label, each value of a group), so that all of them
stand in the Data Docs. A check is made where its columns exist: a missing column fails `columns`, and
no other check is made on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import GROUP, SPLITS, Examples
from hallmark.errors import InputError
from hallmark.expectation_schema import Conditions

REQUIRED = ("id", "entity", "fingerprint", "split")
# The splits that models are made of and judged on. The mix of classes in `recent` is what traffic brings: the
# stage drift looks at it.
JUDGED = ("train", "validation", "test")
_SPLITS_IN_ORDER = {  # by method of the split that goes by time: pairs of which the second must follow the first
    "time": (("train", "validation"), ("validation", "test"), ("test", "recent")),
    "entity_and_time": (("train", "test"), ("validation", "test"), ("test", "recent")),
    "leave_last_out": (("train", "validation"), ("validation", "test"), ("train", "test")),
}
_EARLIER_END = "end of the one before"
_LATER_BEGIN = "begin"
_CHUNK = 1 << 24  # values of an array that are looked at together, so that a memory-mapped one never fills the memory
_MOST_SHOWN = 12  # allowed values that a rule names


@dataclass(frozen=True)
class DataCheck:
    """One expectation in Great Expectations' own terms; `rule` says in words what must hold."""

    name: str
    column: str | None  # that it is about; None: the whole table
    type: str
    arguments: Mapping[str, Any]
    rule: str
    condition: Conditions | None = None  # on the rows that are looked at


@dataclass(frozen=True)
class CheckedFrame:
    """Rows with the checks on them. `index`: the columns that tell rows apart; `units`: what rows are, plural.

    `aliases` gives the column of `rows` that stands for one that a condition is about. `of_counts`: rows are counts of
    examples by split, label or group, so that a single row shows no example.
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
    """Return the frames, that of the examples as they are first.

    `minimum_per_class` is a count of examples in each of `JUDGED`, `minimum_per_group` one of test
    examples. `groups` are the declared ones, without the prefix; `split_method` is the method that
    prepare splits by.
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
    table = examples.table
    columns = set(table.columns)
    required = [*REQUIRED, *(["label"] if examples.labels else []), *group_columns]
    complete = dict.fromkeys([*required, "time", *examples.groups])

    checks = [
        DataCheck("columns", column, "expect_column_to_exist", {"column": column}, f"there is a column {column}")
        for column in required
    ]
    checks += [
        _column_check("complete", column, "not_be_null", f"{column} is never empty")
        for column in complete
        if column in columns
    ]
    checks += [
        _column_check("finite", column, "be_finite", f"{column} is a finite number") for column in examples.descriptors
    ]
    if "id" in columns:
        checks.append(_column_check("unique_ids", "id", "be_unique", "an id occurs once"))
    if "split" in columns:
        checks.append(_membership_check("known_splits", "split", SPLITS))
    if examples.labels and "label" in columns:
        checks.append(_membership_check("known_labels", "label", examples.labels))
    return CheckedFrame(_widened(table), _index(table), "rows", checks)


def _arrays_frame(examples: Examples) -> CheckedFrame:
    """Return one row for each example with the count of values that are not finite in each of its arrays."""
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
    column = "examples of a split"
    counts = table["split"].value_counts().reindex(JUDGED, fill_value=0)
    rows = pd.DataFrame({"split": JUDGED, column: counts.to_numpy()})

    rule = f"none of {', '.join(JUDGED)} is empty"
    check = _column_check("filled_splits", "split", "be_between", rule, column=column, min_value=1)
    return CheckedFrame(rows, ["split"], "splits", [check], of_counts=True)


def _single_split_frame(table: pd.DataFrame, key: str) -> CheckedFrame:
    """Return one row for each entity or fingerprint: the splits it is in, and an example of each of these."""
    column = f"splits of one {key}"
    first_rows = table[[key, "split", "id"]].dropna().drop_duplicates([key, "split"]).astype(str)
    is_in_several = first_rows.duplicated(key, keep=False)
    joined = first_rows[is_in_several].groupby(key, sort=False)[["split", "id"]].agg(" and ".join).reset_index()
    rows = pd.concat([first_rows[~is_in_several], joined], ignore_index=True).rename(columns={"split": column})

    name = f"one_split_per_{key}"
    splits = sorted(set(first_rows["split"]))
    check = _column_check(name, key, "be_in_set", f"no {key} is in two splits", column=column, value_set=splits)
    index = [key, "id"] if key == "entity" else ["id"]
    units = "entities" if key == "entity" else f"{key}s"
    return CheckedFrame(rows, index, units, [check])


def _class_counts_frame(table: pd.DataFrame, labels: tuple[str, ...], minimum: int) -> CheckedFrame:
    column = "examples of a label in a split"
    pairs = pd.MultiIndex.from_product([JUDGED, labels], names=["split", "label"])
    counts = table.groupby(["split", "label"], observed=True).size().reindex(pairs, fill_value=0)
    rows = counts.rename(column).reset_index()

    rule = f"every label has at least {minimum} examples in each of {', '.join(JUDGED)}"
    check = _column_check("class_counts", "label", "be_between", rule, column=column, min_value=minimum)
    return CheckedFrame(rows, ["split", "label"], "pairs of split and label", [check], of_counts=True)


def _group_counts_frame(table: pd.DataFrame, group: str, minimum: int) -> CheckedFrame:
    """Return one row for each value that a group has in any split, with its examples in the test split."""
    column = f"test examples of one {group}"
    values = pd.Index(sorted(table[group].dropna().astype(str).unique()), name="value")
    test_values = table.loc[table["split"] == "test", group].astype(str)
    counts = test_values.value_counts().reindex(values, fill_value=0)
    rows = counts.rename(column).reset_index()

    rule = f"every {group} has at least {minimum} test examples"
    check = _column_check("group_counts", group, "be_between", rule, column=column, min_value=minimum)
    return CheckedFrame(rows, ["value"], f"values of {group}", [check], of_counts=True)


def _time_order_frame(table: pd.DataFrame, pairs: Iterable[tuple[str, str]], *, by_first_time: bool) -> CheckedFrame:
    """Return one row for each pair of splits with the last time of the earlier and the first of the later.

    With `by_first_time`, where entities were divided by their first times, only the start of each
    entity counts: a row of the earlier split may be later than that.
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
    """Return one row for each entity and pair of its splits, as `_time_order_frame` does for all entities together."""
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
    """Return times that are no numbers as texts, which order as the times do, and read as such in the Data Docs."""
    return spans if pd.api.types.is_numeric_dtype(table["time"]) else spans.map(str)


def _time_order_check(rule: str) -> DataCheck:
    arguments = {"column_A": _LATER_BEGIN, "column_B": _EARLIER_END, "or_equal": True}
    return DataCheck("time_order", "time", "expect_column_pair_values_a_to_be_greater_than_b", arguments, rule)


def _column_check(name: str, subject: str, requirement: str, rule: str, **arguments: Any) -> DataCheck:
    """Return a check about the column `subject` of the examples, by the expectation column_values_to_`requirement`.

    An argument `column` is the one that holds its values in the frame, where that has another name.
    """
    return DataCheck(name, subject, f"expect_column_values_to_{requirement}", {"column": subject, **arguments}, rule)


def _membership_check(name: str, column: str, allowed: Iterable[str]) -> DataCheck:
    values = list(allowed)
    listed = ", ".join(values[:_MOST_SHOWN])
    if len(values) > _MOST_SHOWN:
        listed += f" … ({len(values)})"
    return _column_check(name, column, "be_in_set", f"{column} is one of {listed}", value_set=values)


def _index(table: pd.DataFrame) -> list[str]:
    return ["id"] if "id" in table else []


def _widened(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with floats and integers in 64 bits, in one block of memory for each type.

    Great Expectations compares other number types row by row in Python, and copies the frame for every expectation.
    """
    wide_types = {"f": np.float64, "i": np.int64}
    types = {
        column: wide_types[dtype.kind]
        for column, dtype in table.dtypes.items()
        if isinstance(dtype, np.dtype) and dtype.kind in wide_types
    }
    return table.astype(types).copy()


def _count_not_finite(name: str, array: np.ndarray, rows: int) -> np.ndarray:
    """Return how many values of each row are NaN or infinite (n,), int64."""
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
