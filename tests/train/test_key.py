"""The training key: it is of what training reads, and of nothing else."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.train.key import compute_training_key, select_training_columns

DECISION = Decision(scale={"fraud": "descriptor.amount"})


@pytest.fixture
def examples() -> Examples:
    table = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "split": ["train", "train", "validation", "test"],
            "entity": ["one", "one", "two", "three"],
            "time": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]),
            "label": ["fraud", "genuine", "fraud", "genuine"],
            "fingerprint": ["1", "2", "3", "4"],
            "group.site": ["north", "south", "north", "south"],
            "descriptor.amount": [1.0, 2.0, 3.0, 4.0],
            "descriptor.length": [4.0, 3.0, 2.0, 1.0],
        }
    )
    arrays = {"x": np.arange(8, dtype=np.float32).reshape(4, 2)}
    return Examples(table, arrays, ("genuine", "fraud"), encoding={"columns": ["x", "y"]})


def key_of(examples: Examples, *, decision: Decision = DECISION, code: str = "c", **parameters: Any) -> str:
    view = select_training_columns(examples, decision)
    splits = [view.split("train"), view.split("validation")]
    return compute_training_key({"seed": 1, "train": {"epochs": 3}, **parameters}, splits, [code])


def with_column(examples: Examples, name: str, values: list[Any]) -> Examples:
    return replace(examples, table=examples.table.assign(**{name: values}))


def test_a_group_or_a_descriptor_that_training_does_not_read_leaves_the_key(examples: Examples) -> None:
    key = key_of(examples)
    assert key_of(with_column(examples, "group.age", ["young", "old", "young", "old"])) == key
    assert key_of(with_column(examples, "group.site", ["a", "a", "b", "b"])) == key
    assert key_of(with_column(examples, "descriptor.length", [0.0, 0.0, 0.0, 0.0])) == key
    assert key_of(replace(examples, table=examples.table.drop(columns="group.site"))) == key


def test_the_view_lacks_what_the_key_does_not_cover(examples: Examples) -> None:
    view = select_training_columns(examples, DECISION)
    assert (view.groups, view.descriptors) == ([], ["descriptor.amount"])
    assert select_training_columns(examples, Decision()).descriptors == []


def test_the_test_split_leaves_the_key(examples: Examples) -> None:
    table = examples.table.assign(label=["fraud", "genuine", "fraud", "fraud"])
    arrays = {"x": examples.arrays["x"].copy()}
    arrays["x"][3] = 99.0
    assert key_of(replace(examples, table=table, arrays=arrays)) == key_of(examples)


def test_a_descriptor_that_scales_the_costs_counts(examples: Examples) -> None:
    other = with_column(examples, "descriptor.amount", [1.0, 2.0, 30.0, 4.0])
    assert key_of(other) != key_of(examples)
    assert key_of(other, decision=Decision()) == key_of(examples, decision=Decision())


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("label", ["fraud", "fraud", "fraud", "genuine"]),
        ("split", ["train", "validation", "validation", "test"]),
        ("entity", ["one", "two", "two", "three"]),
        ("entity", ["one", None, "two", "three"]),
        ("entity", ["one", "None", "two", "three"]),
        ("fingerprint", ["1", "2", "5", "4"]),
        ("time", pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-09", "2026-01-04"])),
        ("bytes", [1, 2, 3, 4]),
    ],
)
def test_a_column_that_training_reads_counts(examples: Examples, column: str, values: Any) -> None:
    assert key_of(with_column(examples, column, values)) != key_of(examples)


def test_a_missing_value_is_not_its_name(examples: Examples) -> None:
    keys = [key_of(with_column(examples, "entity", ["one", value, "two", "three"])) for value in (None, "None")]
    assert keys[0] != keys[1]


def test_arrays_labels_encoding_parameters_and_code_count(examples: Examples) -> None:
    x = examples.arrays["x"]
    changed = x.copy()
    changed[2, 1] = -1.0
    keys = [
        key_of(examples),
        key_of(replace(examples, arrays={"x": changed})),
        key_of(replace(examples, arrays={"x": x.astype(np.float64)})),
        key_of(replace(examples, arrays={"x": x.reshape(4, 1, 2)})),
        key_of(replace(examples, arrays={"y": x})),
        key_of(replace(examples, labels=("fraud", "genuine"))),
        key_of(replace(examples, encoding={"columns": ["y", "x"]})),
        key_of(examples, train={"epochs": 4}),
        key_of(examples, seed=2),
        key_of(examples, code="d"),
    ]
    assert len(set(keys)) == len(keys)
