"""What trained a package, as keyed hashes: so that nobody is compared, or judged, on examples that taught it.

The hashes name nobody by themselves. Whoever holds the package and a list of possible names can still find out which of
them trained it: a package is as confidential as the list of its training entities.
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

_BYTES = 8  # of a hash: two of a billion names share one about once in forty times


@dataclass(frozen=True)
class TrainingSet:
    """The training and validation examples behind a package, as sorted hashes under `key`, uint64.

    `last_times` (float64, aligned with `entities`) is the time of each entity's last example, NaN where the examples
    have no times.
    """

    key: str
    entities: np.ndarray
    last_times: np.ndarray
    fingerprints: np.ndarray

    @classmethod
    def of(cls, *tables: pd.DataFrame, key: str) -> "TrainingSet":
        """Return the training set of prepared tables with `entity`, `fingerprint` and perhaps `time`."""
        rows = pd.concat(tables, ignore_index=True)
        times = time_numbers(rows["time"]) if "time" in rows else pd.Series(np.nan, rows.index)
        last_times = times.groupby(rows["entity"].astype(str)).max()

        entities = hashes(last_times.index, key)
        order = np.argsort(entities)
        fingerprints = np.unique(hashes(rows["fingerprint"].astype(str), key))
        return cls(key, entities[order], last_times.to_numpy(float)[order], fingerprints)

    def contains_entities(self, names: Iterable[str]) -> np.ndarray:
        """Return for each name (n,) whether this entity is one of them."""
        return np.isin(hashes(names, self.key), self.entities)

    def contains_fingerprints(self, fingerprints: Iterable[str]) -> np.ndarray:
        """Return for each fingerprint (n,) whether it is one of them."""
        return np.isin(hashes(fingerprints, self.key), self.fingerprints)

    def last_times_of(self, names: Iterable[str]) -> np.ndarray:
        """Return the time of the last example of each entity (n,), NaN where it is unknown."""
        wanted = hashes(names, self.key)
        if not len(self.entities):
            return np.full(len(wanted), np.nan)
        place = np.minimum(np.searchsorted(self.entities, wanted), len(self.entities) - 1)
        return np.where(self.entities[place] == wanted, self.last_times[place], np.nan)

    def to_bytes(self) -> bytes:
        """Return the content of the package's file, safetensors: the same examples give the same bytes."""
        content: bytes = save(
            {"entities": self.entities, "last_times": self.last_times, "fingerprints": self.fingerprints}
        )
        return content


def time_numbers(times: "pd.Series[Any]") -> "pd.Series[float]":
    """Return times as floats: numbers as they are, dates as seconds since 1970, NaN where there is none."""
    if is_datetime64_any_dtype(times):
        return (pd.to_datetime(times, utc=True) - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    return times.astype(float)


def read(path: Path, *, key: str) -> TrainingSet:
    """Read the file of a package whose hashes were made under `key`. Raises `InputError` where it is none."""
    content = require(path, "the list of what trained the package").read_bytes()
    try:
        arrays = load(content)
        found = TrainingSet(key, arrays["entities"], arrays["last_times"], arrays["fingerprints"])
    except (SafetensorError, KeyError) as error:
        raise InputError(f"{path} does not hold what trained the package: {error}") from error
    if found.entities.dtype != np.uint64 or found.fingerprints.dtype != np.uint64:
        raise InputError(f"{path} does not hold what trained the package: its hashes are no unsigned integers")
    if found.entities.shape != found.last_times.shape:
        raise InputError(f"{path} does not hold what trained the package: entities and their times differ in number")
    return found


def hashes(names: Iterable[str], key: str) -> np.ndarray:
    """Return keyed hashes (n,), uint64: BLAKE2b, shortened to eight bytes."""
    secret = key.encode()[:64]
    found = [
        int.from_bytes(blake2b(name.encode(), digest_size=_BYTES, key=secret).digest(), "little") for name in names
    ]
    return np.array(found, np.uint64)
