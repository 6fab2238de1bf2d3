"""Fingerprints: a digest of each example's input, by which equal inputs are found across splits."""

from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from hallmark.contracts.examples import TARGET


def fingerprint_rows(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Return the BLAKE2b digest (32 hexadecimal digits) of each row's bytes, the arrays in order of their names.

    What is to be predicted (`target.*`) is left out: the same input with two answers is still the same input.
    """
    inputs = [_row_bytes(arrays[name]) for name in sorted(arrays) if not name.startswith(TARGET)]
    return [_digest(parts) for parts in zip(*inputs, strict=True)]


def _row_bytes(array: np.ndarray) -> np.ndarray:
    """View (n, …) as (n, bytes in a row)."""
    rows: np.ndarray = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
    return rows


def _digest(parts: tuple[np.ndarray, ...]) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(part.data)
    return digest.hexdigest()
