"""Splits: which of train, validation, test and recent an example belongs to.

It depends on entities, times and the seed alone. All examples of an entity are in one split, except
under `leave_last_out`.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from hallmark.config.split_keys import SplitMethod
from hallmark.contracts.examples import SPLITS
from hallmark.errors import InputError


def assign_splits(
    table: pd.DataFrame,
    *,
    method: SplitMethod,
    fractions: Mapping[str, float],
    seed: int,
    windows: Mapping[str, float] | None = None,
) -> np.ndarray:
    """Return the split of each row, (n,) of strings; "" where a row goes to no split.

    The arguments are valid values of the section `prepare.split`, whose model states their ranges
    and which of them go together. `fractions` are the splits' fractions of the entities. Where they
    sum to less than 1, the other entities go to no split. Methods:

    - entity: entities are divided in a pseudo-random order, by a hash of their names that is keyed
      with `seed`. More rows or entities don't change the order of the old ones.
    - time: entities are divided in the order of their first times; all rows follow their entity.
    - entity_and_time: entities are divided as by `entity`, and each keeps only the rows in its
      split's window of time: train and validation share the first window, test has the second,
      recent the third. `windows` are fractions of the rows in order of time (None: the same as
      `fractions`). It is meant for entities that live through all of the time, such as cards.
    - leave_last_out: an entity's last row is test, the one before it validation, and the others are
      train, whatever the `fractions`. There is no recent, and an entity with fewer than three rows
      is train as a whole. Rows of equal times keep their order. So users are known, and what others
      did after a test row may be in training: the usual protocol of recommenders, and an easier
      question than unseen users.
    - published: `table["split"]` stays, but its training entities are divided as by `entity` into
      train, validation and recent.

    Raises `InputError` on missing times, on a published split that is missing, and where a split
    would get no row.
    """
    if method == "leave_last_out":
        return _leave_last_out(table)

    entity_shares = _shares_by_split(fractions)
    if method == "published":
        split = _divide_published_training(table, entity_shares, seed)
    elif method == "time":
        split = _divide_entities(table["entity"], entity_shares, seed, first_times=_first_times(table))
    else:
        split = _divide_entities(table["entity"], entity_shares, seed)

    if method == "entity_and_time":
        window_shares = _shares_by_split(windows) if windows else entity_shares
        split[_is_outside_window(table, split, window_shares)] = ""

    _require_rows(split, entity_shares)
    return split


def _shares_by_split(shares: Mapping[str, float]) -> dict[str, float]:
    """Return the share of every split, in the order of the splits; 0 where none is given."""
    return {name: float(shares.get(name, 0.0)) for name in SPLITS}


def _divide_entities(
    entities: "pd.Series[str]",
    shares: Mapping[str, float],
    seed: int,
    *,
    first_times: "pd.Series[Any] | None" = None,
) -> np.ndarray:
    """Return the split of each row's entity, (n,) of strings; "" for entities beyond the sum of `shares`.

    `entities` names the entity of each row. They are ranked by `first_times`, indexed by entity
    (None: all alike), then by hash, and cut into splits in the order of `shares`.
    """
    ranking = pd.DataFrame({"entity": entities.unique()})
    ranking["first_time"] = 0.0 if first_times is None else first_times.reindex(ranking["entity"]).to_numpy()
    ranking["hash"] = [_keyed_hash(entity, seed) for entity in ranking["entity"]]
    ranking = ranking.sort_values(["first_time", "hash"], ignore_index=True)

    used_splits = [name for name, share in shares.items() if share > 0]
    if len(ranking) < len(used_splits):
        raise InputError(
            f"{len(ranking)} entities are too few for the {len(used_splits)} splits {', '.join(used_splits)}"
        )

    boundaries = np.rint(np.cumsum(list(shares.values())) * len(ranking)).astype(int)
    sizes = np.diff([0, *boundaries, len(ranking)])
    # Entities beyond the last boundary go to no split.
    ranking["split"] = np.repeat([*shares, ""], sizes)

    split_of_entity = ranking.set_index("entity")["split"]
    return entities.map(split_of_entity).to_numpy(object, copy=True)


def _keyed_hash(entity: str, seed: int) -> bytes:
    return blake2b(entity.encode(), digest_size=8, key=str(seed).encode()).digest()


def _divide_published_training(table: pd.DataFrame, shares: Mapping[str, float], seed: int) -> np.ndarray:
    """Return the published split of each row (n,), the training entities divided again by `shares`."""
    if "split" not in table:
        raise InputError("prepare.split.method is 'published', but the raw data has no published split")

    split = table["split"].to_numpy(object, copy=True)
    is_train = split == "train"
    split[is_train] = _divide_entities(table["entity"][is_train], shares, seed)

    if not (split == "test").any():
        raise InputError("prepare.split.method is 'published', but the raw data has no published split 'test'")
    if not (split == "validation").any():
        raise InputError(
            "the split 'validation' gets no example: the raw data publishes none; set "
            "prepare.split.fractions.validation above 0"
        )
    return split


def _leave_last_out(table: pd.DataFrame) -> np.ndarray:
    """Return the split of each row (n,): each entity's last row is test, the one before it validation."""
    times = pd.DataFrame({"entity": table["entity"], "time": _times(table)})
    times_by_entity = times.sort_values("time", kind="stable").groupby("entity")["time"]

    n_later_rows = times_by_entity.cumcount(ascending=False)  # of the same entity
    is_long_enough = times_by_entity.transform("size") > 2
    n_later_rows = n_later_rows.where(is_long_enough).reindex(table.index)

    if n_later_rows.isna().all():
        raise InputError("prepare.split.method is 'leave_last_out', but no entity has the three rows that it needs")
    return n_later_rows.map({0: "test", 1: "validation"}).fillna("train").to_numpy(object)


def _times(table: pd.DataFrame) -> "pd.Series[Any]":
    """Return the rows' times as numbers in the unit that they have: only their order matters."""
    times = table["time"]
    is_missing = times.isna()
    if is_missing.any():
        first_id = table["id"][is_missing].iloc[0]
        raise InputError(f"example {first_id!r} has no time, and prepare.split.method goes by time")
    return times.astype("int64" if pd.api.types.is_datetime64_any_dtype(times.dtype) else "float64")


def _first_times(table: pd.DataFrame) -> "pd.Series[Any]":
    return _times(table).groupby(table["entity"]).min()


def _is_outside_window(table: pd.DataFrame, split: np.ndarray, shares: Mapping[str, float]) -> np.ndarray:
    """Return which rows lie outside the time window of their split, (n,) bool.

    `shares` are the windows' fractions of the rows in order of time, by split. A window begins at
    the time of its first row, so that rows of one time lie in one window.
    """
    times = _times(table).to_numpy()

    window_shares = [shares["train"] + shares["validation"], shares["test"], shares["recent"]]
    boundaries = np.rint(np.cumsum(window_shares) * len(times)).astype(int)
    boundaries = boundaries[boundaries < len(times)]  # row numbers in order of time
    begins = np.sort(times)[boundaries]  # of all windows but the first
    window_of_row = np.searchsorted(begins, times, side="right")

    window_of_split = {"train": 0, "validation": 0, "test": 1, "recent": 2}
    window_of_own_split = pd.Series(split).map(window_of_split).to_numpy()
    return np.asarray(window_of_row != window_of_own_split)


def _require_rows(split: np.ndarray, shares: Mapping[str, float]) -> None:
    for name, share in shares.items():
        if share > 0 and not (split == name).any():
            raise InputError(f"the split {name!r} gets no example: prepare.split.fractions.{name} is {share:g}")
