"""Shards of one table: no split and no column is taken for granted."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark.errors import InputError
from hallmark.formats import shards
from hallmark.formats.tables import Table


def test_files_with_other_columns_are_refused_or_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = {
        "a.parquet": pd.DataFrame({"x": [1], "site": ["n"]}),
        "b.parquet": pd.DataFrame({"x": [2], "Site": ["s"]}),
    }
    said = "'site' is not in 'b.parquet'; 'Site' is not in 'a.parquet'"
    with pytest.raises(InputError, match=said):
        shards.concatenate(frames, tmp_path)
    joined = shards.concatenate(frames, tmp_path, optional=True)
    assert joined["site"].isna().tolist() == [False, True]
    assert said in capsys.readouterr().err


def test_files_are_a_published_split_all_or_none(tmp_path: Path) -> None:
    assert shards.published_splits(["train-0.parquet", "b/valid_1.parquet"], tmp_path) == ["train", "validation"]
    assert shards.published_splits(["a.parquet", "trainer.parquet"], tmp_path) is None
    with pytest.raises(InputError, match=r"2 of 3 files are named as a published split, but 'more\.parquet' is not"):
        shards.published_splits(["train-0.parquet", "more.parquet", "test.parquet"], tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("train/0.parquet", "test/0.parquet"),
        ("data/train/0.parquet", "data/test/0.parquet"),
        ("Train-0.parquet", "Test-0.parquet"),
        ("TRAIN.parquet", "TEST.parquet"),
        ("training-0.parquet", "testing-0.parquet"),
        ("cifar_train.parquet", "cifar_test.parquet"),
        ("cifar-train-00000-of-00002.parquet", "cifar-test-00000-of-00002.parquet"),
        ("mnist-train-0-a09b74b3ef9c3b56.parquet", "mnist-test-0-0123456789abcdef.parquet"),
        ("mnistTrain.parquet", "mnistTest.parquet"),
        ("train0.parquet", "test0.parquet"),
        ("train_data.parquet", "test_data.parquet"),
        ("wiki.train.raw.txt", "wiki.test.raw.txt"),
    ],
)
@pytest.mark.parametrize("documents", [False, True])
def test_a_split_is_published_by_any_part_of_a_path(tmp_path: Path, names: tuple[str, str], documents: bool) -> None:
    assert shards.published_splits(names, tmp_path, documents=documents) == ["train", "test"]


def test_a_path_that_says_two_splits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'train/test-0\.parquet' says more than one published split"):
        shards.published_splits(["train/test-0.parquet"], tmp_path)


def test_what_a_document_is_about_is_no_split(tmp_path: Path) -> None:
    names = ["sklearn.utils._param_validation.txt", "pandas.core.eval.txt", "numpy.txt"]
    assert shards.published_splits(names, tmp_path, documents=True) is None
    with pytest.raises(InputError, match="1 of 2 files are named as a published split"):
        shards.published_splits(["train/a.txt", "b.txt"], tmp_path, documents=True)


def test_columns_of_one_kind_keep_it_where_another_column_differs(tmp_path: Path) -> None:
    frames = {
        "a": pd.DataFrame({"label": pd.array([0, 1], "int64"), "age": pd.array([30, 40], "int64")}),
        "b": pd.DataFrame({"label": pd.array([1], "int64"), "age": [None]}),
    }
    joined = shards.concatenate(frames, tmp_path)
    assert joined["label"].dtype == "int64"
    assert joined["age"].isna().tolist() == [False, False, True]


def test_a_column_of_several_kinds_keeps_its_cells_and_how_exact_they_are(tmp_path: Path) -> None:
    frames = {
        "a.parquet": pd.DataFrame({"self": np.array([2**24, 2**24 + 2], np.float32), "y": [1, 2]}),
        "b.parquet": pd.DataFrame({"self": [3, 4], "y": [3, 4]}),
    }
    joined = shards.concatenate(frames, tmp_path)
    assert joined["self"].tolist() == [2**24, 2**24 + 2, 3, 4]
    assert [type(cell) for cell in joined["self"]] == [np.float32, np.float32, int, int]
    assert joined["y"].dtype == np.int64
    with pytest.raises(InputError, match=r"column 'self', row 1: .* may be rounded, .* \(and 1 more rows\)"):
        Table(joined, tmp_path).identities("self")
