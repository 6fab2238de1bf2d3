"""The predictions table on disk, and its slices."""

from pathlib import Path

import pandas as pd
import pytest

from hallmark.contracts import predictions
from hallmark.errors import InputError


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "scorer": ["model", "rule", "model", "rule", "model"],
            "split": ["test", "test", "test", "test", "train"],
            "id": ["b", "a", "a", "b", "c"],
            "confidence": [0.1, 0.2, 0.3, 0.4, 0.5],
        }
    )


def test_scorers_are_paired_by_position(table: pd.DataFrame) -> None:
    model = predictions.of(table)
    rule = predictions.of(table, "rule")
    assert model["id"].tolist() == rule["id"].tolist() == ["a", "b"]
    assert model["confidence"].tolist() == [0.3, 0.1]
    assert predictions.of(table, split="train")["id"].tolist() == ["c"]


def test_what_is_written_is_read(table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "evaluate" / "predictions.parquet"
    predictions.write(table, path)
    pd.testing.assert_frame_equal(predictions.read(path), table)


def test_the_same_table_gives_the_same_bytes(table: pd.DataFrame, tmp_path: Path) -> None:
    for name in ("one", "two"):
        predictions.write(table, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the predictions table is missing: .*predictions\.parquet"):
        predictions.read(tmp_path / "predictions.parquet")


def test_a_half_written_table_is_one_sentence(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    half = tmp_path / "half.parquet"
    predictions.write(pd.DataFrame({name: ["a"] for name in predictions.REQUIRED}), whole)
    assert len(predictions.read(whole)) == 1

    content = whole.read_bytes()
    for length in (0, 3, len(content) // 2, len(content) - 5):
        half.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"half.parquet is no whole table of predictions .*: run evaluate again"):
            predictions.read(half)


def test_a_table_without_its_columns_is_one_sentence(tmp_path: Path) -> None:
    pd.DataFrame({"id": ["a"], "split": ["test"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="lacks the columns scorer"):
        predictions.read(tmp_path / "other.parquet")
