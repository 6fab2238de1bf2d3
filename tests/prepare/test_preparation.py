import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts import examples
from hallmark.contracts.examples import Examples, Source
from hallmark.errors import InputError
from hallmark.prepare.fingerprints import fingerprint_rows
from hallmark.prepare.preparation import prepare_examples, summarise_splits

FRACTIONS = {"train": 0.5, "validation": 0.1, "test": 0.2, "recent": 0.1}


@pytest.fixture
def raw() -> Examples:
    """Twenty entities with ten rows each, one after the other."""
    table = pd.DataFrame({"id": [f"r{row}" for row in range(200)]})
    table["entity"] = [f"e{row // 10:02d}" for row in range(200)]
    table["time"] = np.arange(200)
    table["label"] = ["a", "b"] * 100
    arrays = {"x": np.arange(400, dtype=np.float32).reshape(200, 2)}
    return Examples(table, arrays, ("a", "b"), Source(title="made up"))


def test_examples_get_split_and_fingerprint_and_stay_aligned(raw: Examples, tmp_path: Path) -> None:
    prepared = prepare_examples(raw, method="time", fractions=FRACTIONS, seed=1)
    assert prepared.table["split"].value_counts().to_dict() == {
        "train": 100,
        "test": 40,
        "validation": 20,
        "recent": 20,
    }
    assert (prepared.arrays["x"][:, 0] == 2 * prepared.table["time"]).all()
    assert prepared.table["fingerprint"].tolist() == fingerprint_rows(prepared.arrays)
    assert (prepared.labels, prepared.source) == (raw.labels, raw.source)
    assert "split" not in raw.table  # the argument is left alone

    examples.write(prepared, tmp_path)
    pd.testing.assert_frame_equal(examples.read(tmp_path).table, prepared.table)


def test_a_published_split_is_replaced_in_place(raw: Examples) -> None:
    published = replace(raw, table=raw.table.assign(split=["train"] * 150 + ["test"] * 50))
    shares = {"train": 0.8, "validation": 0.1, "recent": 0.1}
    prepared = prepare_examples(published, method="published", fractions=shares, seed=1)
    assert (prepared.table["split"][150:] == "test").all()
    assert list(prepared.table.columns).count("split") == 1


def test_a_system_may_encode_what_it_learned_from_the_training_split(raw: Examples, tmp_path: Path) -> None:
    def encode(split: Examples) -> Examples:
        scale = float(split.split("train").arrays["x"].max())
        return replace(split, arrays={"scaled": split.arrays["x"] / scale}, encoding={"scale": scale})

    prepared = prepare_examples(raw, method="time", fractions=FRACTIONS, seed=1, encode=encode)
    assert list(prepared.arrays) == ["scaled"] and prepared.encoding == {"scale": 199.0}
    assert prepared.table["fingerprint"].tolist() == fingerprint_rows(prepared.arrays)
    examples.write(prepared, tmp_path)
    assert examples.read(tmp_path).encoding == {"scale": 199.0}


def test_the_summary_counts_what_was_kept_and_dropped(raw: Examples) -> None:
    counts = summarise_splits(raw, prepare_examples(raw, method="time", fractions=FRACTIONS, seed=1)).set_index("split")
    assert counts["rows"].to_dict() == {"train": 100, "validation": 20, "test": 40, "recent": 20, "dropped": 20}
    assert counts["entities"].drop("dropped").to_dict() == {"train": 10, "validation": 2, "test": 4, "recent": 2}
    assert (counts["first_time"]["test"], counts["last_time"]["test"]) == (120, 159)


def test_the_summary_needs_no_time(raw: Examples) -> None:
    timeless = replace(raw, table=raw.table.drop(columns="time"))
    counts = summarise_splits(timeless, prepare_examples(timeless, method="entity", fractions=FRACTIONS, seed=1))
    assert list(counts.columns) == ["split", "rows", "entities"]


def test_the_summary_counts_the_dropped_where_encoding_makes_other_rows(raw: Examples) -> None:
    def twice(examples: Examples) -> Examples:
        doubled = examples.take(np.repeat(np.arange(len(examples)), 2))
        return replace(doubled, table=doubled.table.assign(id=[f"part-{row}" for row in range(len(doubled))]))

    counts = summarise_splits(
        raw, prepare_examples(raw, method="time", fractions=FRACTIONS, seed=1, encode=twice)
    ).set_index("split")
    assert counts["rows"].to_dict() == {"train": 200, "validation": 40, "test": 80, "recent": 40, "dropped": 20}


def test_nothing_to_prepare_is_said(raw: Examples) -> None:
    with pytest.raises(InputError, match="the raw data holds no examples"):
        prepare_examples(raw.take(np.zeros(200, bool)), method="entity", fractions=FRACTIONS, seed=1)


def test_prepared_data_names_the_raw_data_that_it_was_made_of(raw: Examples, tmp_path: Path) -> None:
    prepared = prepare_examples(raw, method="time", fractions=FRACTIONS, seed=1)
    examples.write(prepared, tmp_path, raw="a" * 64)
    assert examples.raw_digest(tmp_path) == "a" * 64
    examples.write(prepared, tmp_path)
    with pytest.raises(InputError, match="names no digest of the raw data"):
        examples.raw_digest(tmp_path)


@pytest.mark.parametrize("name", ["dataset.json", "examples.parquet", "arrays/x.npy"])
def test_half_written_prepared_data_is_one_sentence(raw: Examples, tmp_path: Path, name: str) -> None:
    examples.write(prepare_examples(raw, method="time", fractions=FRACTIONS, seed=1), tmp_path)
    content = (tmp_path / name).read_bytes()
    for length in (0, len(content) // 2):
        (tmp_path / name).write_bytes(content[:length])
        with pytest.raises(InputError, match="half-written or altered"):
            examples.read(tmp_path)


@pytest.mark.parametrize(
    "change", [{"labels": None}, {"source": {"name": "x"}}, {"source": {"title": 3}}, {"arrays": 7}]
)
def test_an_altered_description_of_prepared_data_is_one_sentence(
    raw: Examples, tmp_path: Path, change: dict[str, object]
) -> None:
    examples.write(prepare_examples(raw, method="time", fractions=FRACTIONS, seed=1), tmp_path)
    content = json.loads((tmp_path / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps(content | change))
    with pytest.raises(InputError, match="half-written or altered"):
        examples.read(tmp_path)


@pytest.mark.parametrize("key", ["labels", "source", "encoding"])
def test_a_description_of_prepared_data_that_lacks_a_key_is_one_sentence(
    raw: Examples, tmp_path: Path, key: str
) -> None:
    examples.write(prepare_examples(raw, method="time", fractions=FRACTIONS, seed=1), tmp_path)
    content = json.loads((tmp_path / "dataset.json").read_text())
    del content[key]
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=f"half-written or altered .KeyError: '{key}'"):
        examples.read(tmp_path)
