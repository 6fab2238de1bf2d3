import time
from hashlib import blake2b

import numpy as np
import pytest

from hallmark.prepare.fingerprints import fingerprint_rows


def test_the_digest_of_a_rows_bytes() -> None:
    arrays: dict[str, np.ndarray] = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array([7, 8], np.uint8)}
    expected = [blake2b(bytes([7 + row]) + arrays["b"][row].tobytes(), digest_size=16).hexdigest() for row in range(2)]
    assert fingerprint_rows(arrays) == expected


def test_what_is_to_be_predicted_is_no_part_of_the_input() -> None:
    inputs = {"x": np.ones((2, 3), np.float32)}
    assert fingerprint_rows(inputs | {"target.y": np.array([1, 2])}) == fingerprint_rows(inputs)


def test_equal_rows_have_equal_fingerprints_however_they_lie_in_memory() -> None:
    images = np.random.default_rng(1).integers(0, 9, (50, 3, 4, 4), dtype=np.uint8)
    images[7] = images[31]
    prints = fingerprint_rows({"image": images})
    assert prints[7] == prints[31]
    assert len(set(prints)) == 49
    assert fingerprint_rows({"image": np.asfortranarray(images)}) == prints


def test_arrays_of_different_lengths_are_a_bug() -> None:
    with pytest.raises(ValueError, match="zip"):
        fingerprint_rows({"a": np.zeros((2, 1)), "b": np.zeros((3, 1))})


def test_three_hundred_thousand_rows_take_seconds() -> None:
    arrays = {"history": np.zeros((300_000, 8, 4), np.float32), "current": np.zeros((300_000, 20), np.float32)}
    start = time.process_time()
    fingerprint_rows(arrays)
    assert time.process_time() - start < 5
