"""Users' sequences as rows: what stood before each interaction, and which rows of a user are kept."""

from collections.abc import Mapping

import numpy as np
import pandas as pd


def positions(user: np.ndarray) -> np.ndarray:
    """Return the place (n,) of each row among those of its user, from 0; the rows of a user stand together."""
    starts = np.flatnonzero(np.append(True, user[1:] != user[:-1]))
    return np.asarray(np.arange(len(user)) - np.repeat(starts, np.diff(np.append(starts, len(user)))))


def earlier(values: np.ndarray, position: np.ndarray, width: int) -> np.ndarray:
    """Return (n, width): the values that stand before each row in its user's sequence, the latest last; 0 where there
    are fewer.
    """
    padded = np.concatenate([np.zeros(width, values.dtype), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[: len(values)]
    return np.where(np.arange(width) >= width - position[:, None], windows, 0)


def keep(table: pd.DataFrame, *, length: int, rows_per_user: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows to keep (k,), and of how many last positions of each the next item counts (k,).

    Of the training split every `length`-th row of a user, counted back from the last: with all their positions they
    hold each interaction once. Of the other splits the user's last `rows_per_user` rows, one position each. The rows of
    a user and split follow each other in order of time.
    """
    rows_of_user = table.groupby(["entity", "split"], sort=False)
    place = rows_of_user.cumcount().to_numpy()
    rows_after = rows_of_user.cumcount(ascending=False).to_numpy()
    is_train = (table["split"] == "train").to_numpy()

    rows = np.flatnonzero(np.where(is_train, rows_after % length == 0, rows_after < rows_per_user))
    counted = np.where(is_train, np.minimum(place + 1, length), 1)
    return rows, counted[rows]


def following(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (n, length): the code of the item that follows each of the last positions; those that count are told by
    `target.counted`.
    """
    length = arrays["target.counted"].shape[1]
    window = np.asarray(arrays["items"])[:, arrays["items"].shape[1] - length + 1 :]
    return np.concatenate([window, np.asarray(arrays["target.item"])[:, None]], axis=1)
