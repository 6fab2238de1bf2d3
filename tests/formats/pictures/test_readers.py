import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf
from PIL import Image

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.image import config, reading

PIXELS = np.random.default_rng(4).integers(0, 256, (6, 8, 8), dtype=np.uint8)
CODES = np.array([0, 1, 0, 1, 0, 1], np.uint8)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Examples]:
    """Read the folder as the simplest system with pictures does, which is all that a format can be seen by."""

    def read(format: str, **given: Any) -> Examples:
        labels = {label: label for label in given.pop("labels", ["cat", "dog"])}
        plain = {"format": format, "labels": labels, "height": 8, "width": 8, "channels": 1}
        merged: Any = OmegaConf.to_container(OmegaConf.merge(plain, given))
        return reading.read(tmp_path, config.Reading(**merged))

    return read


def _idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


def _picture(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def _encoded(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def test_folders_named_as_labels(tmp_path: Path, read: Callable[..., Examples]) -> None:
    for row in range(6):
        _picture(tmp_path / ["cat", "dog"][CODES[row]] / f"{row}.png", PIXELS[row])
    (tmp_path / "README.txt").write_text("no picture")
    examples = read("folder")
    assert examples.table["label"].tolist() == ["cat"] * 3 + ["dog"] * 3
    assert (examples.arrays["image"][:, 0] == PIXELS[[0, 2, 4, 1, 3, 5]]).all()


def test_folders_named_as_splits_and_labels(tmp_path: Path, read: Callable[..., Examples]) -> None:
    for row, split in enumerate(["train", "val", "test"]):
        _picture(tmp_path / split / "dog" / "1.png", PIXELS[row])
    table = read("folder").table
    assert table["split"].tolist() == ["test", "train", "validation"]
    assert table["label"].tolist() == ["dog"] * 3
    assert table["id"].is_unique


def test_a_folder_without_pictures_or_labels_is_named(tmp_path: Path, read: Callable[..., Examples]) -> None:
    with pytest.raises(InputError, match=f"{tmp_path} holds no pictures"):
        read("folder")
    _picture(tmp_path / "1.png", PIXELS[0])
    with pytest.raises(InputError, match="picture 1.png lies in no folder named as its label"):
        read("folder")


@pytest.mark.parametrize("packed", [False, True])
def test_idx_is_a_published_split(tmp_path: Path, read: Callable[..., Examples], packed: bool) -> None:
    for part, rows in (("train", slice(0, 4)), ("t10k", slice(4, 6))):
        for name, array in ((f"{part}-images-idx3-ubyte", PIXELS[rows]), (f"{part}-labels-idx1-ubyte", CODES[rows])):
            content = _idx(array)
            (tmp_path / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)
    examples = read("idx")

    assert (examples.arrays["image"][:, 0] == PIXELS).all()
    assert examples.table["split"].tolist() == ["train"] * 4 + ["test"] * 2
    assert examples.table["label"].tolist() == ["cat", "dog"] * 3
    assert examples.table["id"].is_unique


def test_idx_counts_must_match(tmp_path: Path, read: Callable[..., Examples]) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(_idx(PIXELS))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(_idx(CODES[:5]))
    with pytest.raises(
        InputError, match="train-images-idx3-ubyte holds 6 pictures, but .*train-labels-idx1-ubyte 5 labels"
    ):
        read("idx")


def test_a_code_beyond_the_labels_is_named(tmp_path: Path, read: Callable[..., Examples]) -> None:
    np.savez(tmp_path / "a.npz", images=PIXELS, labels=CODES * 2)
    with pytest.raises(InputError, match="picture 000001 has the label 2, which is none of those"):
        read("npz")


def test_npz_of_one_part_with_metadata(tmp_path: Path, read: Callable[..., Examples]) -> None:
    np.savez(tmp_path / "a.npz", images=PIXELS, labels=CODES[:, None], patient=np.repeat(["x", "y", "z"], 2))
    examples = read("npz", columns={"entity": "patient"})
    assert examples.table["entity"].tolist() == ["x", "x", "y", "y", "z", "z"]
    assert "split" not in examples.table
    assert (examples.arrays["image"][:, 0] == PIXELS).all()


def test_npz_with_published_parts(tmp_path: Path, read: Callable[..., Examples]) -> None:
    colour = np.repeat(PIXELS[..., None], 3, axis=3)
    parts = {"train": slice(0, 3), "val": slice(3, 4), "test": slice(4, 6)}
    images = {f"{part}_images": colour[rows] for part, rows in parts.items()}
    labels = {f"{part}_labels": CODES[rows] for part, rows in parts.items()}
    np.savez(tmp_path / "a.npz", allow_pickle=False, **images, **labels)

    examples = read("npz", channels=3)
    assert examples.table["split"].tolist() == ["train"] * 3 + ["validation"] + ["test"] * 2
    assert examples.arrays["image"].shape == (6, 3, 8, 8)
    assert examples.table["id"].is_unique


def test_npz_with_a_table_of_its_rows(tmp_path: Path, read: Callable[..., Examples]) -> None:
    np.savez(tmp_path / "a.npz", images=PIXELS, code=np.arange(6))
    table = pd.DataFrame({"code": range(6), "label": ["cat", "dog"] * 3, "patient": ["x", "x", "y", "y", "z", "z"]})
    table.to_csv(tmp_path / "rows.csv", index=False)
    examples = read("npz", metadata="rows.csv", columns={"id": "code", "entity": "patient"})

    assert examples.table["entity"].tolist() == ["x", "x", "y", "y", "z", "z"]
    assert examples.table["label"].tolist() == ["cat", "dog"] * 3

    table.assign(code=[0, 1, 2, 4, 3, 5]).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(InputError, match="rows.csv, row 4: 'code' is '4', but '3' in the npz file: rows must agree"):
        read("npz", metadata="rows.csv")

    table[:5].to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(InputError, match="rows.csv has 5 rows, but the npz file holds 6 pictures"):
        read("npz", metadata="rows.csv")


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"images": PIXELS}, "has images but no labels: it has images"),
        ({"pictures": PIXELS}, "no array 'images' or 'train_images': it has pictures"),
        ({"images": PIXELS, "labels": CODES[:4]}, r"images holds 6 pictures, but labels has the shape \(4,\)"),
        ({"images": PIXELS / 255, "labels": CODES}, "images is float64"),
        ({"images": np.array([{}] * 6, object), "labels": CODES}, "can't be read as npz: Object arrays"),
    ],
)
def test_bad_npz_is_named(
    tmp_path: Path, read: Callable[..., Examples], arrays: dict[str, Any], complaint: str
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=complaint):
        read("npz")


def test_an_npz_that_is_none_or_not_alone_is_named(tmp_path: Path, read: Callable[..., Examples]) -> None:
    with pytest.raises(InputError, match="holds 0 npz files, where one is read"):
        read("npz")
    (tmp_path / "a.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="a.npz can't be read as npz: File is not a zip file"):
        read("npz")


def _parquet(tmp_path: Path, name: str, rows: slice, *, struct: bool) -> None:
    content: list[Any] = [_encoded(pixels) for pixels in PIXELS[rows]]
    if struct:
        content = [{"bytes": one, "path": "x.png"} for one in content]
    pd.DataFrame({"image": content, "label": CODES[rows], "site": "north"}).to_parquet(tmp_path / name)


@pytest.mark.parametrize("struct", [False, True])
def test_parquet_with_pictures_inside(tmp_path: Path, read: Callable[..., Examples], struct: bool) -> None:
    _parquet(tmp_path, "train-00000-of-00002.parquet", slice(0, 2), struct=struct)
    _parquet(tmp_path, "train-00001-of-00002.parquet", slice(2, 4), struct=struct)
    _parquet(tmp_path, "test-00000-of-00001.parquet", slice(4, 6), struct=struct)
    examples = read("parquet", columns={"image": "image"}, groups={"site": {}})
    assert (examples.arrays["image"][:, 0] == PIXELS[[4, 5, 0, 1, 2, 3]]).all()
    assert examples.table["split"].tolist() == ["test"] * 2 + ["train"] * 4
    assert examples.table["label"].tolist() == ["cat", "dog"] * 3
    assert set(examples.table["group.site"]) == {"north"}


def test_columns_called_name_are_the_files_own(tmp_path: Path, read: Callable[..., Examples]) -> None:
    who = ["ann", "ann", "ben", "ben", "cy", "cy"]
    content = [_encoded(pixels) for pixels in PIXELS]
    pd.DataFrame({"image": content, "label": CODES, "name": who}).to_parquet(tmp_path / "all.parquet")
    np.savez(tmp_path / "a.npz", images=PIXELS, labels=CODES, name=np.array(who))
    for found in (
        read("parquet", columns={"image": "image", "entity": "name"}, leave_out=["a.npz"]),
        read("npz", columns={"entity": "name"}, leave_out=["*.parquet"]),
    ):
        assert found.table["entity"].tolist() == who
        assert found.table["id"].is_unique


def test_a_column_that_contradicts_the_published_split_is_refused(
    tmp_path: Path, read: Callable[..., Examples]
) -> None:
    def written(split: str) -> None:
        content = [_encoded(pixels) for pixels in PIXELS]
        table = pd.DataFrame({"image": content, "label": CODES, "split": ["train"] * 5 + [split]})
        table.to_parquet(tmp_path / "train-0.parquet")

    written("test")
    said = r"train-0\.parquet, row 6: column 'split' is 'test', but the picture is published as 'train': rename"
    with pytest.raises(InputError, match=said):
        read("parquet", columns={"image": "image"})

    written("train")
    assert set(read("parquet", columns={"image": "image"}).table["split"]) == {"train"}

    arrays = {"train_images": PIXELS, "train_labels": CODES, "train_split": np.array(["left"] * 6)}
    np.savez(tmp_path / "a.npz", allow_pickle=False, **arrays)
    (tmp_path / "train-0.parquet").unlink()
    with pytest.raises(InputError, match="row 1: column 'split' is 'left', but the picture is published as 'train'"):
        read("npz")


def test_a_label_column_called_as_the_published_split_is_refused(tmp_path: Path, read: Callable[..., Examples]) -> None:
    _picture(tmp_path / "train" / "cat" / "1.png", PIXELS[0])
    with pytest.raises(InputError, match="row 1: column 'split' is 'cat', but the picture is published as 'train'"):
        read("folder", columns={"label": "split"})
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(_idx(PIXELS))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(_idx(CODES))
    with pytest.raises(InputError, match="train-labels-idx1-ubyte, row 1: column 'split' is '0', but"):
        read("idx", columns={"label": "split"})


def _named_classes(path: Path, names: list[str] | dict[str, str] | None, codes: list[int]) -> None:
    """Write pictures whose schema names the classes of `label`, as Hugging Face's `datasets` does."""
    table = pa.table({"image": [_encoded(pixels) for pixels in PIXELS[: len(codes)]], "label": pa.array(codes)})
    if names is not None:
        features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path)


BEANS = ["angular_leaf_spot", "bean_rust", "healthy"]


@pytest.mark.parametrize("labels", [BEANS, BEANS[::-1], [*BEANS[1:], BEANS[0], "other"]])
@pytest.mark.parametrize("names", [BEANS, {str(number): name for number, name in enumerate(BEANS)}])
def test_the_names_that_a_parquet_file_has_for_its_classes_count(
    tmp_path: Path, read: Callable[..., Examples], names: Any, labels: list[str]
) -> None:
    _named_classes(tmp_path / "all.parquet", names, [0, 1, 2, 2, 0])
    table = read("parquet", labels=labels, columns={"image": "image"}).table
    assert table["label"].tolist() == [BEANS[code] for code in (0, 1, 2, 2, 0)]


def test_names_of_classes_that_differ_are_refused(tmp_path: Path, read: Callable[..., Examples]) -> None:
    _named_classes(tmp_path / "a.parquet", BEANS, [0, 2])
    columns = {"image": "image"}
    with pytest.raises(
        InputError, match=r"a\.parquet#1 has the label 2, by its file 'healthy', which is none of those"
    ):
        read("parquet", labels=["angular_leaf_spot", "bean_rust", "well"], columns=columns)

    _named_classes(tmp_path / "a.parquet", BEANS, [0, -1])
    with pytest.raises(InputError, match=r"a\.parquet#1 has the label -1, which is none of those"):
        read("parquet", labels=BEANS, columns=columns)

    _named_classes(tmp_path / "b.parquet", BEANS[::-1], [0, 2])
    with pytest.raises(InputError, match=r"b\.parquet names the classes of column 'label' .* another file"):
        read("parquet", labels=BEANS, columns=columns)

    _named_classes(tmp_path / "b.parquet", None, [0, 2])
    with pytest.raises(InputError, match=r"b\.parquet names no classes of column 'label', as other files do"):
        read("parquet", labels=BEANS, columns=columns)


def test_metadata_of_hugging_face_that_is_damaged_is_named(tmp_path: Path, read: Callable[..., Examples]) -> None:
    table = pa.table({"image": [_encoded(PIXELS[0])], "label": [0]}).replace_schema_metadata({"huggingface": "{"})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet: the metadata 'huggingface' of its schema"):
        read("parquet", columns={"image": "image"})


@pytest.mark.parametrize(
    ("labels", "codes", "expected"),
    [
        (["1", "2", "3"], [1, 2, 1, 3, 2, 1], ["1", "2", "1", "3", "2", "1"]),
        (["1", "2", "0"], [0, 1, 2, 0, 1, 2], ["0", "1", "2", "0", "1", "2"]),
        (["-1", "1"], [-1, 1, 1, -1, 1, 1], ["-1", "1", "1", "-1", "1", "1"]),
        (["00", "01"], [0, 1, 0, 1, 0, 1], ["00", "01", "00", "01", "00", "01"]),
        (["0", "1", "other"], [0, 1, 2, 0, 1, 2], ["0", "1", "other", "0", "1", "other"]),
        (["cat", "dog", "2"], [0, 1, 2, 0, 1, 2], ["cat", "dog", "2", "cat", "dog", "2"]),
        (["cat", "dog"], [0, 1, 0, 1, 0, 1], ["cat", "dog", "cat", "dog", "cat", "dog"]),
    ],
)
def test_whole_numbers_are_labels_that_are_numbers_else_positions(
    tmp_path: Path, read: Callable[..., Examples], labels: list[str], codes: list[int], expected: list[str]
) -> None:
    np.savez(tmp_path / "a.npz", images=PIXELS, labels=np.array(codes))
    assert read("npz", labels=labels).table["label"].tolist() == expected
    (tmp_path / "a.npz").unlink()
    content = [_encoded(pixels) for pixels in PIXELS]
    pd.DataFrame({"image": content, "label": codes}).to_parquet(tmp_path / "a.parquet")
    assert read("parquet", labels=labels, columns={"image": "image"}).table["label"].tolist() == expected


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["1", "2", "3"], "has the label 0, which is none of those"),
        (["1", "other"], "whether one is a label or a position in this list can't be told"),
        (["cat", "1", "0"], "whether one is a label or a position in this list can't be told"),
        (["01", "1"], "whether one is a label or a position in this list can't be told"),
    ],
)
def test_whole_numbers_that_may_be_two_labels_are_refused(
    tmp_path: Path, read: Callable[..., Examples], labels: list[str], said: str
) -> None:
    np.savez(tmp_path / "a.npz", images=PIXELS, labels=np.array([0, 1] * 3))
    with pytest.raises(InputError, match=said):
        read("npz", labels=labels)


def test_labels_of_a_csv_and_a_parquet_table_agree(tmp_path: Path, read: Callable[..., Examples]) -> None:
    for row in range(6):
        _picture(tmp_path / f"{row}.png", PIXELS[row])
    table = pd.DataFrame({"file": [f"{row}.png" for row in range(6)], "label": CODES})
    found = []
    for name, write in (("a.csv", table.to_csv), ("a.parquet", table.to_parquet)):
        write(tmp_path / name, index=False)
        found.append(read("folder", metadata=name, labels=["1", "0"], columns={"image": "file"}).table["label"])
        (tmp_path / name).unlink()

    assert found[0].tolist() == found[1].tolist() == [str(code) for code in CODES]


def test_bad_parquet_is_named(tmp_path: Path, read: Callable[..., Examples]) -> None:
    with pytest.raises(InputError, match="holds no Parquet file"):
        read("parquet", columns={"image": "image"})

    _parquet(tmp_path, "all.parquet", slice(0, 6), struct=False)
    with pytest.raises(
        InputError, match="all.parquet has no column 'file' with the pictures: it has image, label, site"
    ):
        read("parquet")
    with pytest.raises(InputError, match="all.parquet row 0: column 'site' holds no picture's bytes but 'north'"):
        read("parquet", columns={"image": "site"})

    (tmp_path / "all.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="all.parquet can't be read as Parquet"):
        read("parquet", columns={"image": "image"})


@pytest.mark.skipif("HALLMARK_PUBLIC_DATA" not in os.environ, reason="the public data sets are not here")
def test_real_pictures_of_skin_as_npz(tmp_path: Path, read: Callable[..., Examples]) -> None:
    source = Path(os.environ["HALLMARK_PUBLIC_DATA"]) / "ham10000"
    with np.load(source / "images_28_rgb.npz") as arrays:
        images = arrays["images"][:500]
        identity = arrays["image_id"][:500]
    melanoma = pd.read_csv(source / "metadata.csv").set_index("image_id")["melanoma"].reindex(identity)
    np.savez(tmp_path / "a.npz", images=images, labels=melanoma.to_numpy(np.int64), image_id=identity)
    examples = read("npz", height=28, width=28, channels=3, columns={"id": "image_id"})
    assert examples.table["id"].tolist() == identity.tolist()
    assert examples.table["descriptor.brightness"].between(0.2, 0.9).mean() > 0.95


def test_a_person_may_convert_pictures_of_any_size(tmp_path: Path, read: Callable[..., Examples]) -> None:
    _picture(tmp_path / "cat" / "1.jpg", np.full((30, 40, 3), 128, np.uint8))
    _picture(tmp_path / "cat" / "2.png", np.full((9, 7), 128, np.uint8))
    assert (abs(read("folder", convert=True).arrays["image"].astype(int) - 128) < 3).all()


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ({"dev_images": PIXELS, "dev_labels": CODES}, ["'dev_images' (6, 8, 8)", "'dev_labels' (6,)"]),
        ({"images": PIXELS, "labels": CODES}, ["'images' (6, 8, 8) belongs to no pictures", "'labels'"]),
        ({"train_patient": np.arange(5)}, ["'train_patient' (5,) is no column of 6 values"]),
        ({"train_sex": np.zeros((6, 2))}, ["'train_sex' (6, 2)"]),
        ({"test_labels": CODES}, ["'test_labels' (6,) belongs to no pictures"]),
        ({"site": CODES}, ["'site' (6,) belongs to no pictures"]),
    ],
)
def test_no_array_is_left_out_without_a_word(
    tmp_path: Path, read: Callable[..., Examples], arrays: dict[str, Any], named: list[str]
) -> None:
    np.savez(tmp_path / "a.npz", **{"train_images": PIXELS, "train_labels": CODES, **arrays})
    with pytest.raises(InputError, match="holds arrays that are not read") as refusal:
        read("npz")
    assert all(name in str(refusal.value) for name in named)


@pytest.mark.parametrize("prefix", ["val", "valid", "validation"])
def test_npz_spells_validation_in_three_ways(tmp_path: Path, read: Callable[..., Examples], prefix: str) -> None:
    arrays = {
        f"{part}_{kind}": value for part in ("train", prefix) for kind, value in (("images", PIXELS), ("labels", CODES))
    }
    np.savez(tmp_path / "a.npz", allow_pickle=False, **arrays)
    assert read("npz").table["split"].value_counts().to_dict() == {"train": 6, "validation": 6}


def test_npz_with_one_split_twice_is_refused(tmp_path: Path, read: Callable[..., Examples]) -> None:
    np.savez(tmp_path / "a.npz", val_images=PIXELS, val_labels=CODES, valid_images=PIXELS, valid_labels=CODES)
    with pytest.raises(InputError, match="holds one split twice, as val_images, valid_images"):
        read("npz")


def test_npz_of_one_part_names_what_is_no_column(tmp_path: Path, read: Callable[..., Examples]) -> None:
    np.savez(tmp_path / "a.npz", images=PIXELS, labels=CODES, box=np.zeros((6, 4)), train_labels=CODES)
    with pytest.raises(InputError, match=r"'box' \(6, 4\) is no column of 6.*'train_labels' \(6,\) belongs to no pict"):
        read("npz")


@pytest.mark.parametrize(
    ("who", "named"),
    [
        ([2.0**53, 2.0**53 + 2], "is a number that may be rounded"),
        ([True, False], "is true or false, which names nobody"),
        ([["a"], ["b"]], "is no single value of text"),
        ([1.0, None], "has no value"),
    ],
)
def test_a_table_of_typed_columns_is_not_read_as_its_text(
    tmp_path: Path, read: Callable[..., Examples], who: list[Any], named: str
) -> None:
    for row in range(2):
        _picture(tmp_path / f"{row}.png", PIXELS[row])
    pd.DataFrame({"file": ["0.png", "1.png"], "label": ["cat", "dog"], "who": who}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=f"column 'who', row [12]: .*{named}"):
        read("folder", metadata="a.parquet", columns={"entity": "who"})


def test_durations_of_a_typed_table_are_times(tmp_path: Path, read: Callable[..., Examples]) -> None:
    for row in range(2):
        _picture(tmp_path / f"{row}.png", PIXELS[row])
    since = pd.to_timedelta([1800, 2100.5], unit="s")
    pd.DataFrame({"file": ["0.png", "1.png"], "label": ["cat", "dog"], "t": since}).to_parquet(tmp_path / "a.parquet")
    examples = read("folder", metadata="a.parquet", columns={"time": "t"})
    assert examples.table["time"].tolist() == [1800, 2100.5]


def test_parquet_in_folders_of_splits_is_a_published_split(tmp_path: Path, read: Callable[..., Examples]) -> None:
    for split, rows in (("Train", slice(0, 4)), ("Test", slice(4, 6))):
        (tmp_path / split).mkdir()
        _parquet(tmp_path, f"{split}/0.parquet", rows, struct=False)
    assert read("parquet", columns={"image": "image"}).table["split"].tolist() == ["test"] * 2 + ["train"] * 4


def _shards(folder: Path, **columns: tuple[Any, Any]) -> None:
    content = [_encoded(pixels) for pixels in PIXELS[:4]]
    for shard, rows in enumerate((slice(0, 2), slice(2, 4))):
        table = pd.DataFrame({"image": content[rows], "label": CODES[rows].astype("int64")})
        given = {name: cells[shard] for name, cells in columns.items()}
        table.assign(**given).to_parquet(folder / f"{shard}.parquet")


@pytest.mark.parametrize(
    "columns",
    [
        {"label": (pd.array([0, 1], "uint8"), pd.array([0, 1], "int64"))},
        {"label": (pd.array([0, 1], "Int64"), pd.array([0, 1], "int64"))},
        {"age": ([30, 40], [None, 50])},
        {
            "day": (
                pd.Series(["2024-01-01", "2024-01-02"], dtype="datetime64[ms]"),
                pd.Series(["2024-01-01", "2024-01-02"], dtype="datetime64[us]"),
            )
        },
    ],
)
def test_shards_whose_columns_are_stored_otherwise_are_read_alike(
    tmp_path: Path, read: Callable[..., Examples], columns: dict[str, tuple[Any, Any]]
) -> None:
    _shards(tmp_path, **columns)
    table = read("parquet", columns={"image": "image", "time": "day" if "day" in columns else None}).table
    assert table["label"].tolist() == ["cat", "dog"] * 2
    if "day" in columns:
        assert table["time"].tolist() == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")] * 2


def test_npz_splits_with_labels_of_two_integer_types_are_read(tmp_path: Path, read: Callable[..., Examples]) -> None:
    parts = {"train_images": PIXELS[:4], "train_labels": CODES[:4], "test_images": PIXELS[4:]}
    np.savez(tmp_path / "a.npz", allow_pickle=False, **parts, test_labels=CODES[4:].astype(np.int64))
    table = read("npz").table.sort_values("id")
    assert sorted(table["label"]) == ["cat"] * 3 + ["dog"] * 3


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        ((pd.array([0, None], "Int64"), [0, 1]), r"picture 0\.parquet#1 has no label in column 'label'"),
        (([0, 1], ["cat", "dog"]), "column 'label' holds labels as numbers and as text"),
    ],
)
def test_labels_that_are_missing_or_of_two_kinds_are_refused(
    tmp_path: Path, read: Callable[..., Examples], labels: tuple[Any, Any], named: str
) -> None:
    _shards(tmp_path, label=labels)
    with pytest.raises(InputError, match=named):
        read("parquet", columns={"image": "image"})
