"""Each transaction with the earlier ones of its card, as arrays. Nothing of the same second or later is ever
looked at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

DAY = 86_400.0  # seconds
HOUR = 3_600.0
LONGEST = 60 * 24.0  # hours: longer pauses, and the time before a card's first transaction, count as this

# The channels that come first in every task, of `history` (n, T, F) and of `current` (n, F2). Baselines and
# drawings find them by name; the network knows none.
HISTORY = ("valid", "log_hours_ago", "log_amount", "hour_sin", "hour_cos", "same_place")
CURRENT = ("log_amount", "log_hours_since_last", "hour_sin", "hour_cos", "week_sin", "week_cos")


@dataclass(frozen=True)
class Transactions:
    """Transactions (n,), ordered by card and time. Places are positions in km, where they are known."""

    card: np.ndarray  # codes
    time: np.ndarray  # seconds
    amount: np.ndarray  # 0 or more
    place: np.ndarray  # codes
    categories: np.ndarray  # (n, C) codes
    position: np.ndarray | None = None  # (n, 2), where it happened
    home: np.ndarray | None = None  # (n, 2), where the card's owner lives


def earlier(transactions: Transactions, length: int) -> np.ndarray:
    """Return (n, length): the rows of the latest earlier transactions of the same card, the last one last, and
    -1 for none.

    Transactions of the same second are not earlier, whichever comes first in the file.
    """
    card = transactions.card
    time = transactions.time
    rows = np.arange(len(card))
    is_first_of_card = np.r_[True, card[1:] != card[:-1]]
    is_first_of_time = is_first_of_card | np.r_[True, time[1:] != time[:-1]]

    first_of_card = np.maximum.accumulate(np.where(is_first_of_card, rows, 0))
    first_of_time = np.maximum.accumulate(np.where(is_first_of_time, rows, 0))
    candidates = first_of_time[:, None] + np.arange(-length, 0)
    return np.where(candidates >= first_of_card[:, None], candidates, -1)


def sequence(transactions: Transactions, rows: np.ndarray) -> np.ndarray:
    """Return `history` (n, T, F) float32, seen from the current transaction: the channels HISTORY,
    `same_<category>` for each category and, with places, the log distance (km) from the current place and
    from home. Zero where there is none.
    """
    has_places = transactions.position is not None
    has_homes = has_places and transactions.home is not None
    width = len(HISTORY) + transactions.categories.shape[1] + has_places + has_homes

    history = np.zeros((*rows.shape, width), np.float32)
    for number, channel in enumerate(_channels(transactions, rows)):
        np.multiply(channel, rows >= 0, out=history[:, :, number], casting="unsafe")
    return history


def sequence_names(transactions: Transactions, categories: Iterable[str]) -> list[str]:
    """Return the names of the channels that `sequence` makes, of the `categories` by name."""
    names = [*HISTORY, *(f"same_{name}" for name in categories)]
    if transactions.position is not None:
        names.append("log_km_from_here")
    if transactions.position is not None and transactions.home is not None:
        names.append("log_km_from_home")
    return names


def _channels(transactions: Transactions, rows: np.ndarray) -> Iterator[np.ndarray]:
    """One channel (n, T) after the other, so that only one of them is in memory; anything where `rows` is -1."""
    t = transactions
    yield np.ones(rows.shape, np.float32)
    hours = ((t.time[:, None] - t.time[rows]) / HOUR).astype(np.float32)
    yield np.log1p(np.clip(hours, 0, LONGEST))
    yield np.log1p(t.amount).astype(np.float32)[rows]
    yield from (wave[rows] for wave in _circle(t.time, DAY))
    yield t.place[rows] == t.place[:, None]
    yield from (codes[rows] == codes[:, None] for codes in t.categories.T)
    if t.position is not None:
        yield _log_distance(*(axis[rows] - axis[:, None] for axis in t.position.T.astype(np.float32)))
    if t.position is not None and t.home is not None:
        yield _log_distance(*(t.position - t.home).T)[rows]


def present(transactions: Transactions, rows: np.ndarray) -> np.ndarray:
    """Return the channels CURRENT of `current` (n, F2) float32 and, with places, the log distances (km) from
    home and from the last transaction (0 where there is none).
    """
    features = [
        np.log1p(transactions.amount),
        np.log1p(hours_since_last(transactions, rows)),
        *_circle(transactions.time, DAY),
        *_circle(transactions.time, 7 * DAY),
    ]
    features += [np.log1p(distance) for distance in distances(transactions, rows).values()]
    return np.stack(features, axis=1).astype(np.float32)


def current_names(transactions: Transactions) -> list[str]:
    """Return the names of the columns that `present` makes."""
    names = [*CURRENT]
    if transactions.position is not None and transactions.home is not None:
        names.append("log_km_from_home")
    if transactions.position is not None:
        names.append("log_km_from_last")
    return names


def hours_since_last(transactions: Transactions, rows: np.ndarray) -> np.ndarray:
    """Return hours (n,) since the card's last transaction, at most LONGEST."""
    last_rows = rows[:, -1]
    hours = (transactions.time - transactions.time[last_rows]) / HOUR
    return np.where(last_rows >= 0, np.minimum(hours, LONGEST), LONGEST)


def distances(transactions: Transactions, rows: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return the distances in km (n,) that are known: from home, and from the place of the card's last transaction."""
    position = transactions.position
    kilometres: dict[str, np.ndarray] = {}
    if position is not None and transactions.home is not None:
        kilometres["km_from_home"] = np.linalg.norm(position - transactions.home, axis=1)
    if position is not None:
        last_rows = rows[:, -1]
        from_last = np.linalg.norm(position - position[last_rows], axis=1)
        kilometres["km_from_last"] = np.where(last_rows >= 0, from_last, 0.0)
    return kilometres


def _circle(time: np.ndarray, period: float) -> tuple[np.ndarray, np.ndarray]:
    angle = 2 * np.pi * (time % period) / period
    return np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)


def _log_distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(np.log1p(np.sqrt(x * x + y * y)), np.float32)
