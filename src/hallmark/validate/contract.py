"""The contract's checks: what every task's examples must meet, whatever they are about.

Each check is one Great Expectations expectation on a frame: the examples, or a small frame derived from them (one row
for each entity, each split and label, each value of a group), so that all of them stand in the Data Docs. A check is
made where its columns exist: a missing column fails `columns`, and nothing else stumbles over it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import GROUP, SPLITS, Examples
from hallmark.errors import InputError
from hallmark.expectations import Conditions

REQUIRED = ("id", "entity", "fingerprint", "split")
JUDGED = (
    "train",
    "validation",
    "test",
)  # `recent` is what traffic brings: its mix of classes is the drift stage's business
_ORDER = {  # methods of the split that go by time, with the splits that must follow one another
    "time": (("train", "validation"), ("validation", "test"), ("test", "recent")),
    "entity_and_time": (("train", "test"), ("validation", "test"), ("test", "recent")),
}
_END = "end of the one before"
_CHUNK = 1 << 24  # values of an array that are looked at together, so that a memory-mapped one never fills the memory


@dataclass(frozen=True)
class Check:
    """One expectation in Great Expectations' own terms; `rule` says in words what must hold."""

    name: str
    column: str | None  # that it is about; None: the whole table
    type: str
    arguments: Mapping[str, Any]
    rule: str
    condition: Conditions | None = None  # on the rows that are looked at


@dataclass(frozen=True)
class Frame:
    """Rows with the checks on them. `index`: the columns that tell rows apart; `units`: what rows are, plural.

    `aliases` gives the column of `rows` that stands for one that a condition is about. `of_counts`: rows are counts of
    examples by split, label or group, so that a single row shows no example.
    """

    rows: pd.DataFrame
    index: list[str]
    units: str
    checks: list[Check]
    aliases: Mapping[str, str] = field(default_factory=dict)
    of_counts: bool = False


def frames(
    examples: Examples,
    *,
    minimum_per_class: int,
    minimum_per_group: int,
    groups: Iterable[str],
    split_method: str,
) -> list[Frame]:
    """Return the frames, that of the examples as they are first.

    `groups` are the declared ones, without the prefix; `split_method` is the method that prepare splits by.
    """
    declared = [GROUP + name for name in groups]
    table, has = examples.table, set(examples.table.columns)
    made = [_examples(examples, declared), _arrays(examples)]
    if not {"id", "split"} <= has:
        return made
    made.append(_splits(table))
    single = ["entity", "fingerprint"] if split_method != "leave_last_out" else ["fingerprint"]
    made += [_one_split(table, key) for key in single if key in has]
    if examples.labels and "label" in has:
        made.append(_classes(table, examples.labels, minimum_per_class))
    made += [_group(table, column, minimum_per_group) for column in declared if column in has]
    if split_method in _ORDER and {"entity", "time"} <= has:
        made.append(_order(table, _ORDER[split_method], by_first_time=split_method == "time"))
    if split_method == "leave_last_out" and {"entity", "time"} <= has:
        made.append(_order_within(table))
    return made


def _examples(examples: Examples, declared: list[str]) -> Frame:
    table, has = examples.table, set(examples.table.columns)
    required = [*REQUIRED, *(["label"] if examples.labels else []), *declared]
    filled = [c for c in dict.fromkeys([*required, "time", *examples.groups]) if c in has]
    checks = [Check("columns", c, "expect_column_to_exist", {"column": c}, f"there is a column {c}") for c in required]
    checks += [_check("complete", c, "not_be_null", f"{c} is never empty") for c in filled]
    checks += [_check("finite", c, "be_finite", f"{c} is a finite number") for c in examples.descriptors]
    if "id" in has:
        checks.append(_check("unique_ids", "id", "be_unique", "an id occurs once"))
    if "split" in has:
        checks.append(_within("known_splits", "split", SPLITS))
    if examples.labels and "label" in has:
        checks.append(_within("known_labels", "label", examples.labels))
    return Frame(_plain(table), _index(table), "rows", checks)


def _arrays(examples: Examples) -> Frame:
    """Return one row for each example with the count of values that are not finite in each of its arrays."""
    index, title = _index(examples.table), "values that are not finite in {}".format
    counts = {f"array.{name}": _not_finite(name, array, len(examples)) for name, array in examples.arrays.items()}
    rows = examples.table[index].assign(**{title(array): count for array, count in counts.items()})
    rules = {array: f"the count of values in {array} that are NaN or infinite is 0" for array in counts}
    checks = [_check("finite", a, "be_between", rule, column=title(a), max_value=0) for a, rule in rules.items()]
    return Frame(rows, index, "rows", checks)


def _splits(table: pd.DataFrame) -> Frame:
    column = "examples of a split"
    counts = table["split"].value_counts().reindex(JUDGED, fill_value=0)
    rows = pd.DataFrame({"split": JUDGED, column: counts.to_numpy()})
    rule = f"none of {', '.join(JUDGED)} is empty"
    check = _check("filled_splits", "split", "be_between", rule, column=column, min_value=1)
    return Frame(rows, ["split"], "splits", [check], of_counts=True)


def _one_split(table: pd.DataFrame, key: str) -> Frame:
    """Return one row for each entity or fingerprint: the splits it is in, and an example of each of these."""
    column, units = f"splits of one {key}", {"entity": "entities"}.get(key, f"{key}s")
    firsts = table[[key, "split", "id"]].dropna().drop_duplicates([key, "split"]).astype(str)
    several = firsts.duplicated(key, keep=False)
    joined = firsts[several].groupby(key, sort=False)[["split", "id"]].agg(" and ".join).reset_index()
    rows = pd.concat([firsts[~several], joined], ignore_index=True).rename(columns={"split": column})
    rule = f"no {key} is in two splits"
    check = _check(
        f"one_split_per_{key}", key, "be_in_set", rule, column=column, value_set=sorted(set(firsts["split"]))
    )
    return Frame(rows, [key, "id"] if key == "entity" else ["id"], units, [check])


def _classes(table: pd.DataFrame, labels: tuple[str, ...], minimum: int) -> Frame:
    column = "examples of a label in a split"
    pairs = pd.MultiIndex.from_product([JUDGED, labels], names=["split", "label"])
    counts = table.groupby(["split", "label"], observed=True).size().reindex(pairs, fill_value=0)
    rule = f"every label has at least {minimum} examples in each of {', '.join(JUDGED)}"
    check = _check("class_counts", "label", "be_between", rule, column=column, min_value=minimum)
    rows = counts.rename(column).reset_index()
    return Frame(rows, ["split", "label"], "pairs of split and label", [check], of_counts=True)


def _group(table: pd.DataFrame, group: str, minimum: int) -> Frame:
    """Return one row for each value that a group has in any split, with its examples in the test split."""
    column = f"test examples of one {group}"
    values = pd.Index(sorted(table[group].dropna().astype(str).unique()), name="value")
    counts = table.loc[table["split"] == "test", group].astype(str).value_counts().reindex(values, fill_value=0)
    rule = f"every {group} has at least {minimum} test examples"
    check = _check("group_counts", group, "be_between", rule, column=column, min_value=minimum)
    rows = counts.rename(column).reset_index()
    return Frame(rows, ["value"], f"values of {group}", [check], of_counts=True)


def _order(table: pd.DataFrame, pairs: Iterable[tuple[str, str]], *, by_first_time: bool) -> Frame:
    """Return one row for each pair of splits with the last time of the earlier and the first of the later.

    Where entities were dealt out by their first times, a row of the earlier split may be later than its entity's start.
    """
    timed = table.dropna(subset=["time"])
    if by_first_time and "entity_start" in table:
        timed = timed.assign(time=timed["entity_start"])
    timed = timed.sort_values("time", kind="stable").drop_duplicates("entity") if by_first_time else timed
    spans = timed.groupby("split", observed=True)["time"].agg(["min", "max"])
    if not pd.api.types.is_numeric_dtype(table["time"]):
        spans = spans.map(str)  # which order as the times do, and read as such in the Data Docs
    found = [(a, b) for a, b in pairs if a in spans.index and b in spans.index]
    rows = pd.DataFrame(
        {
            "splits": [f"{earlier} before {later}" for earlier, later in found],
            "begin": spans["min"].reindex([later for _, later in found]).to_numpy(),
            _END: spans["max"].reindex([earlier for earlier, _ in found]).to_numpy(),
        }
    )
    rule = "a later split begins no earlier than the one before it ends"
    if by_first_time:
        rule = "the entities of a later split begin no earlier than those of the one before it"
    return Frame(rows, ["splits"], "pairs of splits", [_later(rule)])


def _order_within(table: pd.DataFrame) -> Frame:
    """Return one row for each entity and pair of its splits, as `_order` does for all entities together."""
    spans = table.dropna(subset=["time"]).groupby(["split", "entity"], observed=True)["time"].agg(["min", "max"])
    spans = spans if pd.api.types.is_numeric_dtype(table["time"]) else spans.map(str)
    parts = []
    for earlier, later in (("train", "validation"), ("validation", "test"), ("train", "test")):
        if {earlier, later} <= set(spans.index.get_level_values("split")):
            pairs = spans.loc[later][["min"]].join(spans.loc[earlier]["max"], how="inner")
            parts.append(pairs.assign(splits=f"{earlier} before {later}").reset_index())
    empty = pd.DataFrame(columns=["entity", "min", "max", "splits"])
    rows = pd.concat(parts, ignore_index=True) if parts else empty
    rows = rows.rename(columns={"min": "begin", "max": _END})
    rule = "of each entity, a later split begins no earlier than the one before it ends"
    return Frame(rows, ["entity", "splits"], "pairs of splits of an entity", [_later(rule)])


def _later(rule: str) -> Check:
    arguments = {"column_A": "begin", "column_B": _END, "or_equal": True}
    kind = "expect_column_pair_values_a_to_be_greater_than_b"
    return Check("time_order", "time", kind, arguments, rule)


def _check(name: str, about: str, must: str, rule: str, **arguments: Any) -> Check:
    """Return a check about the column `about`; an argument `column` is the one that holds its values in the frame."""
    return Check(name, about, f"expect_column_values_to_{must}", {"column": about, **arguments}, rule)


def _index(table: pd.DataFrame) -> list[str]:
    return ["id"] if "id" in table else []


def _within(name: str, column: str, allowed: Iterable[str]) -> Check:
    values = list(allowed)
    shown = ", ".join(values[:12]) + (f" … ({len(values)})" if len(values) > 12 else "")
    return _check(name, column, "be_in_set", f"{column} is one of {shown}", value_set=values)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with floats and integers in 64 bits, in one block of memory for each type.

    Great Expectations compares other number types row by row in Python, and copies the frame for every expectation.
    """
    kinds = {"f": np.float64, "i": np.int64}
    wide = {c: kinds[t.kind] for c, t in table.dtypes.items() if isinstance(t, np.dtype) and t.kind in kinds}
    return table.astype(wide).copy()


def _not_finite(name: str, array: np.ndarray, rows: int) -> np.ndarray:
    """Return how many values of each row are NaN or infinite (n,), int64."""
    if len(array) != rows:
        raise InputError(f"array {name!r} has {len(array)} rows where examples.parquet has {rows}")
    counts = np.zeros(rows, np.int64)
    if not np.issubdtype(array.dtype, np.inexact):
        return counts
    step = max(1, _CHUNK // max(1, array[:1].size))
    for start in range(0, rows, step):
        part = array[start : start + step]
        counts[start : start + step] = (~np.isfinite(part)).reshape(len(part), -1).sum(axis=1)
    return counts
