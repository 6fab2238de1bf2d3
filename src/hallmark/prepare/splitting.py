"""Which split an example belongs to: ids, times and the seed decide, and nothing else. An entity never stands in two,
but where `leave_last_out` is asked for.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import SPLITS
from hallmark.errors import InputError

METHODS = ("entity", "time", "entity_and_time", "leave_last_out", "published")


def assign(
    table: pd.DataFrame,
    *,
    method: str,
    fractions: Mapping[str, float],
    seed: int,
    windows: Mapping[str, float] | None = None,
) -> np.ndarray:
    """Return the split of each row, (n,) of strings; "" where a row goes to none.

    `fractions` are shares of the entities by split; what they leave over goes to none. Methods:

    - entity: entities in an order that a keyed hash of their names makes; adding rows doesn't reorder them.
    - time: entities in the order of their first times; all of an entity's rows follow it.
    - entity_and_time: entities as by `entity`, and of each only the rows in its split's window of time: train and
      validation share the first, test has the next, recent the last. `windows` are the windows' shares of the rows in
      order of time (`fractions` where it is None). For entities that live through all of the time, such as cards.
    - leave_last_out: of each entity the last row is test, the one before it validation, the others train, whatever the
      `fractions`; there is no recent, and all rows of an entity with fewer than three are train. Equal times keep the
      order of the rows. Users are known then, and what others did after a test row may be in training: the usual
      protocol of recommenders, and an easier question than unseen users.
    - published: `table["split"]` stays, but of its training entities, `fractions` are dealt out again by hash to train,
      validation and recent.

    Raises `InputError` on shares that make no sense, on missing times, and where a split would get no row.
    """
    if method not in METHODS:
        raise InputError(f"prepare.split.method is {method!r}, which is none of {', '.join(METHODS)}")
    if windows and method != "entity_and_time":
        raise InputError(f"prepare.split.windows belong to the method entity_and_time, but the method is {method!r}")
    shares = _shares(fractions, "fractions")
    if method == "published":
        split = _published(table, shares, seed)
    elif method == "time":
        split = _by_entity(table["entity"], _first_times(table), shares, seed)
    elif method == "leave_last_out":
        return _leave_last_out(table)
    else:
        split = _by_entity(table["entity"], None, shares, seed)
    if method == "entity_and_time":
        split[_outside_window(table, split, _shares(windows, "windows") if windows else shares)] = ""
    _require_rows(split, shares)
    return split


def _shares(fractions: Mapping[str, float], key: str) -> dict[str, float]:
    unknown = sorted(set(fractions) - set(SPLITS))
    if unknown:
        raise InputError(f"prepare.split.{key} names the split {unknown[0]!r}, which is none of {', '.join(SPLITS)}")
    shares = {name: float(fractions.get(name, 0.0)) for name in SPLITS}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise InputError(f"prepare.split.{key}.{name} is {share:g}, but a share lies between 0 and 1")
    if sum(shares.values()) > 1 + 1e-9:
        raise InputError(f"prepare.split.{key} sum to {sum(shares.values()):g}, which is more than 1")
    return shares


def _by_entity(
    entities: "pd.Series[str]", first_times: "pd.Series[Any] | None", shares: Mapping[str, float], seed: int
) -> np.ndarray:
    """Deal the entities out, in the order of their first times, or else of their hashes (which also break ties)."""
    order = pd.DataFrame({"hash": {entity: _hash(entity, seed) for entity in entities.unique()}})
    order["time"] = 0.0 if first_times is None else first_times
    order = order.sort_values(["time", "hash"])
    wanted = [name for name, share in shares.items() if share > 0]
    if len(order) < len(wanted):
        raise InputError(f"{len(order)} entities are too few for the {len(wanted)} splits {', '.join(wanted)}")
    cuts = np.rint(np.cumsum(list(shares.values())) * len(order)).astype(int)
    dealt = np.full(len(order), "", object)
    for name, low, high in zip(shares, [0, *cuts[:-1]], cuts, strict=True):
        dealt[low:high] = name
    split: np.ndarray = dealt[order.index.get_indexer(pd.Index(entities))]
    return split


def _hash(entity: str, seed: int) -> bytes:
    return blake2b(entity.encode(), digest_size=8, key=str(seed).encode()).digest()


def _published(table: pd.DataFrame, shares: Mapping[str, float], seed: int) -> np.ndarray:
    if shares["test"]:
        raise InputError(
            f"prepare.split.fractions.test is {shares['test']:g}: a published test split stays as it is, set 0"
        )
    if "split" not in table:
        raise InputError("prepare.split.method is 'published', but the raw data has no published split")
    split = table["split"].to_numpy(object, copy=True)
    train = split == "train"
    split[train] = _by_entity(table["entity"][train], None, shares, seed)

    if not (split == "test").any():
        raise InputError("prepare.split.method is 'published', but the raw data has no published split 'test'")
    if not (split == "validation").any():
        raise InputError(
            "the split 'validation' gets no example: the raw data publishes none; set "
            "prepare.split.fractions.validation above 0"
        )
    return split


def _times(table: pd.DataFrame) -> "pd.Series[Any]":
    """Times as numbers, of whatever unit: only their order matters."""
    if "time" not in table:
        raise InputError(
            "prepare.split.method goes by time, but the examples have none: name its column in prepare.reading"
        )
    times = table["time"]
    missing = times.isna()
    if missing.any():
        raise InputError(f"example {table['id'][missing].iloc[0]!r} has no time, and prepare.split.method goes by time")
    return times.astype("int64" if pd.api.types.is_datetime64_any_dtype(times.dtype) else "float64")


def _first_times(table: pd.DataFrame) -> "pd.Series[Any]":
    return _times(table).groupby(table["entity"]).min()


def _leave_last_out(table: pd.DataFrame) -> np.ndarray:
    in_order = pd.DataFrame({"entity": table["entity"], "time": _times(table)}).sort_values("time", kind="stable")
    by_entity = in_order.groupby("entity")["time"]
    left = by_entity.cumcount(ascending=False).where(by_entity.transform("size") > 2).reindex(table.index)
    if left.isna().all():
        raise InputError("prepare.split.method is 'leave_last_out', but no entity has the three rows that it needs")
    return left.map({0: "test", 1: "validation"}).fillna("train").to_numpy(object)


def _outside_window(table: pd.DataFrame, split: np.ndarray, shares: Mapping[str, float]) -> np.ndarray:
    """Return (n,) bool: the row lies outside the window of its split. Rows of one time lie in one window."""
    times = _times(table).to_numpy()
    ends = np.cumsum([shares["train"] + shares["validation"], shares["test"], shares["recent"]])
    positions = np.rint(ends * len(times)).astype(int)
    cuts = np.sort(times)[np.minimum(positions, len(times) - 1)]
    window = np.searchsorted(cuts[positions < len(times)], times, side="right")
    own = pd.Series(split).map({"train": 0, "validation": 0, "test": 1, "recent": 2})
    outside: np.ndarray = window != own.to_numpy()
    return outside


def _require_rows(split: np.ndarray, shares: Mapping[str, float]) -> None:
    for name, share in shares.items():
        if share > 0 and not (split == name).any():
            raise InputError(f"the split {name!r} gets no example: prepare.split.fractions.{name} is {share:g}")
