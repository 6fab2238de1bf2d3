"""Fingerprints: a digest of each example's input. Equal digests in two splits are a leak."""

from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from hallmark.contracts.examples import TARGET


def fingerprint_rows(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Return the fingerprint of each row of the arrays, (n, …) each: 32 hexadecimal digits of BLAKE2b.

    The digest is over the row's bytes in all arrays, these sorted by name. Targets (`target.*`) are
    left out: the same input with two answers is still the same input.
    """
    input_names = [name for name in sorted(arrays) if not name.startswith(TARGET)]
    inputs = [_as_bytes(arrays[name]) for name in input_names]
    return [_digest(parts_of_row) for parts_of_row in zip(*inputs, strict=True)]


def _as_bytes(array: np.ndarray) -> np.ndarray:
    """Return (n, …) as the bytes of each row, (n, bytes of a row) uint8."""
    rows: np.ndarray = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
    return rows


def _digest(parts: tuple[np.ndarray, ...]) -> str:
    digest = blake2b(digest_size=16)  # bytes
    for part in parts:
        digest.update(part.data)
    return digest.hexdigest()
