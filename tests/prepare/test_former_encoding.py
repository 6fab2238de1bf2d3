"""Today's raw data as a former model reads it: of a flat table, whose columns a configuration may order otherwise."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.prepare import prepare_for_encoding
from hallmark.prepare.preparation import prepare_examples, record_reading
from hallmark.systems.table import config, reading

SPLIT: dict[str, Any] = {"method": "entity", "fractions": {"train": 0.5, "validation": 0.2, "test": 0.3}}
KEYS: dict[str, Any] = {
    "file": "rows.csv",
    "columns": {"id": "id", "entity": "who", "label": "bad"},
    "labels": {"0": "no", "1": "yes"},
    "numeric": ["age", "income"],
    "categorical": {"job": ["clerk", "farmer"]},
    "history": None,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    generator = np.random.default_rng(3)
    rows = pd.DataFrame({"id": [f"r{n}" for n in range(60)], "who": [f"w{n // 2}" for n in range(60)]})
    rows["age"] = generator.normal(40, 9, 60)
    rows["income"] = generator.normal(3, 1, 60)
    rows["job"] = generator.choice(["clerk", "farmer"], 60)
    rows["bad"] = generator.integers(0, 2, 60)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path


def prepared(folder: Path, keys: dict[str, Any]) -> Examples:
    section = raw_data.section("table", keys)
    assert isinstance(section, config.Reading)
    return record_reading(prepare_examples(reading.read(folder, section), **SPLIT, seed=1), section, reading.INPUTS)


def read_as(encoding: dict[str, Any], folder: Path, keys: dict[str, Any]) -> Examples:
    section = {"reading": keys, "split": SPLIT}
    return prepare_for_encoding(encoding, folder, section=section, reading=reading, schema=config.Reading, seed=1)


def test_the_inputs_are_the_former_models_in_todays_rows(folder: Path) -> None:
    former = prepared(folder, KEYS)
    today = KEYS | {"numeric": ["income", "age"], "categorical": {"job": ["farmer", "clerk"]}}
    assert prepared(folder, today).arrays["current"].shape == former.arrays["current"].shape
    assert (prepared(folder, today).arrays["current"] != former.arrays["current"]).any(axis=1).all()

    again = read_as(dict(former.encoding), folder, today)
    np.testing.assert_array_equal(again.arrays["current"], former.arrays["current"])
    pd.testing.assert_frame_equal(again.table[list(former.table)], former.table, check_like=True)
    assert again.encoding == former.encoding


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        ({}, "must hold the keys"),
        ({"reading": None}, "must hold the keys"),
        ({"reading": {"numeric": ["age"], "categorical": {}}}, "must hold the keys"),
        ({"reading": {"numeric": ["age"], "categorical": {}, "history": None, "file": "x"}}, "must hold the keys"),
        ({"reading": {"numeric": 7, "categorical": {}, "history": None}}, "does not fit today's configuration"),
        ({"reading": {"numeric": ["weight"], "categorical": {}, "history": None}}, "weight"),
    ],
)
def test_an_encoding_that_does_not_fit_is_one_sentence(folder: Path, stored: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_as(stored, folder, KEYS)


def test_without_raw_data_one_sentence_says_so(folder: Path) -> None:
    encoding = dict(prepared(folder, KEYS).encoding)
    with pytest.raises(InputError, match="the raw data is not at hand"):
        read_as(encoding, folder / "elsewhere", KEYS)
