"""The training set of a package, as keyed hashes: nobody is evaluated, or compared, on examples
that trained it.

A hash does not reveal a name. But whoever has the package and a list of possible names can find out
which of them trained it: a package is as confidential as the list of its training entities.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype
from safetensors import SafetensorError
from safetensors.numpy import load, save

from hallmark.errors import InputError
from hallmark.files import require

_HASH_BYTES = 8  # among a billion names, the chance that any two share a hash is about 1 in 40
_MAX_KEY_BYTES = 64  # BLAKE2b takes no longer key


@dataclass(frozen=True)
class TrainingSet:
    """The training and validation examples of a package, as hashes (uint64, ascending).

    key: The key of the hashes: that of the training.
    entities: (E,) the hash of each entity.
    last_times: (E,) float64, the time of each entity's last example, as `time_numbers` gives it;
        NaN where the examples have no times.
    fingerprints: (F,) the hash of each distinct input.
    """

    key: str
    entities: np.ndarray
    last_times: np.ndarray
    fingerprints: np.ndarray

    @classmethod
    def of(cls, *tables: pd.DataFrame, key: str) -> "TrainingSet":
        """Return the training set of tables with `entity`, `fingerprint` and perhaps `time`."""
        rows = pd.concat(tables, ignore_index=True)
        times = time_numbers(rows["time"]) if "time" in rows else pd.Series(np.nan, rows.index)
        last_times = times.groupby(rows["entity"].astype(str)).max()

        entities = keyed_hashes(last_times.index, key)
        order = np.argsort(entities)
        fingerprints = np.unique(keyed_hashes(rows["fingerprint"].astype(str), key))
        return cls(key, entities[order], last_times.to_numpy(float)[order], fingerprints)

    def contains_entities(self, names: Iterable[str]) -> np.ndarray:
        """Return for each of n entities whether it is in the training set (n,)."""
        return np.isin(keyed_hashes(names, self.key), self.entities)

    def contains_fingerprints(self, fingerprints: Iterable[str]) -> np.ndarray:
        """Return for each of n fingerprints whether it is in the training set (n,)."""
        return np.isin(keyed_hashes(fingerprints, self.key), self.fingerprints)

    def last_times_of(self, names: Iterable[str]) -> np.ndarray:
        """Return the time of the last example of each of n entities (n,).

        NaN where the entity is not in the training set, or its examples have no times.
        """
        entities = keyed_hashes(names, self.key)
        if not len(self.entities):
            return np.full(len(entities), np.nan)

        positions = np.searchsorted(self.entities, entities)
        positions = np.minimum(positions, len(self.entities) - 1)  # beyond the last one: compared with the last
        is_contained = self.entities[positions] == entities
        return np.where(is_contained, self.last_times[positions], np.nan)

    def to_bytes(self) -> bytes:
        """Return the content of the package's file, as safetensors.

        The same examples give the same bytes.
        """
        arrays = {
            "entities": self.entities,
            "last_times": self.last_times,
            "fingerprints": self.fingerprints,
        }
        content: bytes = save(arrays)
        return content


def time_numbers(times: "pd.Series[Any]") -> "pd.Series[float]":
    """Return times as floats: dates as seconds since 1970 (UTC), numbers unchanged.

    NaN where one is missing.
    """
    if is_datetime64_any_dtype(times):
        since_1970 = pd.to_datetime(times, utc=True) - pd.Timestamp(0, tz="UTC")
        return since_1970 / pd.Timedelta(seconds=1)
    return times.astype(float)


def read(path: Path, *, key: str) -> TrainingSet:
    """Read what `TrainingSet.to_bytes` returned; `key` is the one that its hashes were made with.

    Raises `InputError` where the file is missing or does not hold a training set.
    """
    content = require(path, "the list of what trained the package").read_bytes()
    try:
        arrays = load(content)
        training_set = TrainingSet(key, arrays["entities"], arrays["last_times"], arrays["fingerprints"])
    except (SafetensorError, KeyError) as error:
        raise InputError(f"{path} does not hold what trained the package: {error}") from error

    if training_set.entities.dtype != np.uint64 or training_set.fingerprints.dtype != np.uint64:
        raise InputError(f"{path} does not hold what trained the package: its hashes are no unsigned integers")
    if training_set.entities.shape != training_set.last_times.shape:
        raise InputError(f"{path} does not hold what trained the package: entities and their times differ in number")
    return training_set


def keyed_hashes(names: Iterable[str], key: str) -> np.ndarray:
    """Return a keyed hash of each of n names (n,), uint64: BLAKE2b with a digest of eight bytes."""
    secret = key.encode()[:_MAX_KEY_BYTES]
    hashes = []
    for name in names:
        digest = blake2b(name.encode(), digest_size=_HASH_BYTES, key=secret).digest()
        hashes.append(int.from_bytes(digest, "little"))
    return np.array(hashes, np.uint64)
