"""Shards of one table: no split and no column is taken for granted."""

from pathlib import Path

import pandas as pd
import pytest

from hallmark.errors import InputError
from hallmark.formats import shards


def test_files_with_other_columns_are_refused_or_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = {
        "a.parquet": pd.DataFrame({"x": [1], "site": ["n"]}),
        "b.parquet": pd.DataFrame({"x": [2], "Site": ["s"]}),
    }
    said = "'site' is not in 'b.parquet'; 'Site' is not in 'a.parquet'"
    with pytest.raises(InputError, match=said):
        shards.concatenated(frames, tmp_path)
    joined = shards.concatenated(frames, tmp_path, optional=True)
    assert joined["site"].isna().tolist() == [False, True]
    assert said in capsys.readouterr().err


def test_files_are_a_published_split_all_or_none(tmp_path: Path) -> None:
    assert shards.published_splits(["train-0.parquet", "b/valid_1.parquet"], tmp_path) == ["train", "validation"]
    assert shards.published_splits(["a.parquet", "training.parquet"], tmp_path) is None
    with pytest.raises(InputError, match=r"2 of 3 files are named as a published split, but 'more\.parquet' is not"):
        shards.published_splits(["train-0.parquet", "more.parquet", "test.parquet"], tmp_path)
