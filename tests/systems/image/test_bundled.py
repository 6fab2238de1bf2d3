import json
from pathlib import Path

import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits

from hallmark import digests
from hallmark.contracts.examples import Examples, Source
from hallmark.systems.image import bundled, config


def test_the_folder_is_one_that_a_person_could_have_made(digits_folder: Path) -> None:
    table = pd.read_csv(digits_folder / "metadata.csv", dtype=str)
    assert list(table.columns) == ["file", "label", "entity", "time"]
    assert len(table) == len(list(digits_folder.rglob("*.png"))) == 1797
    assert table["entity"].nunique() == 14
    with Image.open(digits_folder / table["file"][0]) as image:
        assert (image.size, image.mode, image.format) == ((8, 8), "L", "PNG")
    assert Source(**json.loads((digits_folder / "source.json").read_text())).licence == "CC BY 4.0"


def test_each_form_begins_with_the_digits_in_order(digits_folder: Path) -> None:
    # What the writers' forms are recovered from: all but one begin "0123456789", and none mixes two sequences.
    labels = pd.read_csv(digits_folder / "metadata.csv", dtype=str).groupby("entity")["label"].agg("".join)
    beginnings = labels.str[:10]
    assert (beginnings == "0123456789").sum() >= 13
    assert labels.str.len().between(107, 140).all()


def test_pixels_and_labels_are_the_data_sets_own(digits: Examples) -> None:
    bunch = load_digits()
    assert (digits.arrays["image"][:, 0] == (bunch.images * 255 / 16).round()).all()
    assert (digits.targets() == bunch.target).all()


def test_same_bytes_each_time(digits_folder: Path, tmp_path: Path) -> None:
    bundled.write(tmp_path, config.Raw(), seed=8)
    assert digests.folder(tmp_path) == digests.folder(digits_folder)
