"""Histories of transactions: for each one, features of itself and of the card's earlier ones, as arrays.

A transaction of the same time stamp or later never enters a history: it is not known at scoring
time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

DAY = 86_400.0  # seconds
HOUR = 3_600.0
# Hours (60 days). A longer pause counts as this, and so does the time before a card's first
# transaction.
LONGEST = 60 * 24.0

# The features that every task has, in this order, before its own: the F of `history` (n, T, F) and
# the F2 of `current` (n, F2). Baselines and plots find them by name; the network doesn't know the
# names.
HISTORY = ("valid", "log_hours_ago", "log_amount", "hour_sin", "hour_cos", "same_place")
CURRENT = ("log_amount", "log_hours_since_last", "hour_sin", "hour_cos", "week_sin", "week_cos")


@dataclass(frozen=True)
class Transactions:
    """n transactions, ordered by card and then by time; every array has a row for each.

    A code is a whole number that stands for one value of the raw column.
    """

    card: np.ndarray  # (n,) codes
    time: np.ndarray  # (n,) seconds; of dates, since 1970
    amount: np.ndarray  # (n,) 0 or more, in the raw data's currency
    place: np.ndarray  # (n,) codes of the place: terminal, merchant
    categories: np.ndarray  # (n, C) codes of the C categorical columns
    position: np.ndarray | None = None  # (n, 2) x and y in km: where it happened; None: not known
    home: np.ndarray | None = None  # (n, 2) x and y in km: where the card's owner lives; None: not known


def earlier(transactions: Transactions, length: int) -> np.ndarray:
    """Return the rows of each transaction's history, int (n, length): positions in `transactions`.

    Column -1 is the latest earlier transaction of the same card, and columns to the left are older.
    -1 pads on the left where there are fewer. Transactions at the same time are not earlier,
    whichever comes first in the file.
    """
    card = transactions.card
    time = transactions.time
    rows = np.arange(len(card))
    is_first_of_card = np.r_[True, card[1:] != card[:-1]]
    is_first_of_time = is_first_of_card | np.r_[True, time[1:] != time[:-1]]

    # The running maximum carries a first row on to the rows after it.
    first_row_of_card = np.maximum.accumulate(np.where(is_first_of_card, rows, 0))
    first_row_of_time = np.maximum.accumulate(np.where(is_first_of_time, rows, 0))
    rows_before = first_row_of_time[:, None] + np.arange(-length, 0)
    return np.where(rows_before >= first_row_of_card[:, None], rows_before, -1)


def sequence(transactions: Transactions, rows: np.ndarray) -> np.ndarray:
    """Return `history`, float32 (n, T, F): F features of each of T earlier transactions.

    `rows` are those of `earlier` (n, T), the newest last; features are zero where `rows` is -1.
    `sequence_names` names the features. They compare an earlier transaction with the current one:

    - valid: 1 where there is a transaction
    - log_hours_ago: log(1 + hours) between the two, at most LONGEST hours
    - log_amount: log(1 + amount) of the earlier one
    - hour_sin, hour_cos: its time of day as an angle
    - same_place, same_<category>: 1 where the two are alike in it
    - log_km_from_here, log_km_from_home: log(1 + km) from the current place, and from home
    """
    has_places = transactions.position is not None
    has_homes = has_places and transactions.home is not None
    features = len(HISTORY) + transactions.categories.shape[1] + has_places + has_homes

    history = np.zeros((*rows.shape, features), np.float32)
    is_transaction = rows >= 0
    for index, feature in enumerate(_history_features(transactions, rows)):
        np.multiply(feature, is_transaction, out=history[:, :, index], casting="unsafe")
    return history


def sequence_names(transactions: Transactions, categories: Iterable[str]) -> list[str]:
    """Return the names of the F features of `sequence`, in order; `categories` are the columns' names."""
    names = [*HISTORY, *(f"same_{name}" for name in categories)]
    if transactions.position is not None:
        names.append("log_km_from_here")
    if transactions.position is not None and transactions.home is not None:
        names.append("log_km_from_home")
    return names


def _history_features(transactions: Transactions, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Yield each feature of `sequence`, (n, T), in order, so that only one of them is in memory.

    Where `rows` is -1, the values mean nothing: they are those of the last transaction of all.
    """
    yield np.ones(rows.shape, np.float32)

    time = transactions.time
    hours = ((time[:, None] - time[rows]) / HOUR).astype(np.float32)
    yield np.log1p(np.clip(hours, 0, LONGEST))
    yield np.log1p(transactions.amount).astype(np.float32)[rows]
    hour_sin, hour_cos = _circle(time, DAY)
    yield hour_sin[rows]
    yield hour_cos[rows]

    yield transactions.place[rows] == transactions.place[:, None]
    for codes in transactions.categories.T:
        yield codes[rows] == codes[:, None]

    position = transactions.position
    if position is not None:
        x, y = position.T.astype(np.float32)
        yield _log_distance(x[rows] - x[:, None], y[rows] - y[:, None])
    if position is not None and transactions.home is not None:
        x_from_home, y_from_home = (position - transactions.home).T
        yield _log_distance(x_from_home, y_from_home)[rows]


def present(transactions: Transactions, rows: np.ndarray) -> np.ndarray:
    """Return `current`, float32 (n, F2): F2 features of each transaction itself.

    `rows` are those of `earlier` (n, T). `current_names` names the features:

    - log_amount: log(1 + amount)
    - log_hours_since_last: log(1 + hours) since the card's last transaction, at most LONGEST hours
    - hour_sin, hour_cos, week_sin, week_cos: the time of day and of the week as angles
    - log_km_from_home, log_km_from_last: log(1 + km), where positions are known
    """
    hour_sin, hour_cos = _circle(transactions.time, DAY)
    week_sin, week_cos = _circle(transactions.time, 7 * DAY)
    features = [
        np.log1p(transactions.amount),
        np.log1p(hours_since_last(transactions, rows)),
        hour_sin,
        hour_cos,
        week_sin,
        week_cos,
    ]
    features += [np.log1p(kilometres) for kilometres in distances(transactions, rows).values()]
    return np.stack(features, axis=1).astype(np.float32)


def current_names(transactions: Transactions) -> list[str]:
    """Return the names of the F2 features of `present`, in order."""
    names = [*CURRENT]
    if transactions.position is not None and transactions.home is not None:
        names.append("log_km_from_home")
    if transactions.position is not None:
        names.append("log_km_from_last")
    return names


def hours_since_last(transactions: Transactions, rows: np.ndarray) -> np.ndarray:
    """Return the hours (n,) since the card's last earlier transaction, LONGEST at most and for none.

    `rows` are those of `earlier` (n, T).
    """
    last_rows = rows[:, -1]
    hours = (transactions.time - transactions.time[last_rows]) / HOUR
    return np.where(last_rows >= 0, np.minimum(hours, LONGEST), LONGEST)


def distances(transactions: Transactions, rows: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return the distances that are known, each (n,) in km: `km_from_home` and `km_from_last`.

    `km_from_last` is the distance from the place of the card's last earlier transaction, 0 where
    there is none. `rows` are those of `earlier` (n, T).
    """
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
    """Return sine and cosine, float32 (n,) each, of times (n,) as angles; seconds.

    A `period` is a whole turn.
    """
    angle = 2 * np.pi * (time % period) / period
    return np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)


def _log_distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return log(1 + length) of the vectors (x, y), float32 in the shape of `x`."""
    return np.asarray(np.log1p(np.sqrt(x * x + y * y)), np.float32)
