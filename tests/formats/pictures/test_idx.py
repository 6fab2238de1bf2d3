import gzip
from pathlib import Path

import numpy as np
import pytest

from hallmark.errors import InputError
from hallmark.formats.folders import discover
from hallmark.formats.pictures import idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def encoded(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


@pytest.mark.parametrize("packed", [False, True])
def test_reads_what_was_written(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "train-images-idx3-ubyte"  # gzip is told by its content, not by its name
    path.write_bytes(gzip.compress(encoded(IMAGES)) if packed else encoded(IMAGES))
    assert (idx.read(path, dimensions=3) == IMAGES).all()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (encoded(IMAGES)[:2], "begins with 0000"),
        (encoded(IMAGES)[:10], "header has 10 of 16 bytes"),
        (encoded(IMAGES)[:-5], "declares 24 bytes, and 19 follow"),
        (encoded(IMAGES) + b"!", "declares 24 bytes, and more follow"),
        (encoded(IMAGES[0]), "begins with 00000802, where IDX with 3 dimensions begins with 00000803"),
        (gzip.compress(encoded(IMAGES), mtime=0)[:-12], "truncated or damaged"),
        (gzip.compress(encoded(IMAGES), mtime=0)[:25] + b"\0" * 30, "truncated or damaged"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "more than the 4294967296 that are read"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "begins with 89504e47"),
    ],
)
def test_damage_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=complaint) as caught:
        idx.read(path, dimensions=3)
    assert str(path) in str(caught.value)


def test_one_file_bears_the_name(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="must hold one file train-images-idx3-ubyte or the same with .gz; found: none"
    ):
        idx.read_named(discover(tmp_path), "train-images", dimensions=3)
    for name in ("train-images-idx3-ubyte", "emnist-letters-train-images-idx3-ubyte"):
        (tmp_path / name).write_bytes(encoded(IMAGES))
    with pytest.raises(InputError, match="found: emnist-letters-train-images-idx3-ubyte, train-images-idx3-ubyte"):
        idx.read_named(discover(tmp_path), "train-images", dimensions=3)
    (tmp_path / "train-images-idx3-ubyte").unlink()
    assert idx.read_named(discover(tmp_path), "train-images", dimensions=3)[0].shape == (2, 3, 4)
