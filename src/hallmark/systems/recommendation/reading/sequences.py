"""Users' sequences of items: the history before each interaction, and which rows become examples.

The rows of a user stand together everywhere here, in order of time.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd


def positions(user: np.ndarray) -> np.ndarray:
    """Return each row's position (n,) in the sequence of its user, from 0; `user` (n,) are ids."""
    first_rows = np.flatnonzero(np.append(True, user[1:] != user[:-1]))
    rows_by_user = np.diff(np.append(first_rows, len(user)))
    return np.asarray(np.arange(len(user)) - np.repeat(first_rows, rows_by_user))


def earlier(values: np.ndarray, position: np.ndarray, width: int) -> np.ndarray:
    """Return the `width` values before each row in its user's sequence, (n, width), the newest last.

    `values` (n,) and `position` (n,), from 0, are those of each row. 0 pads on the left where a
    user has fewer earlier rows.
    """
    padded = np.concatenate([np.zeros(width, values.dtype), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[: len(values)]  # window i: the rows before row i
    is_of_same_user = np.arange(width) >= width - position[:, None]
    return np.where(is_of_same_user, windows, 0)


def keep(table: pd.DataFrame, *, length: int, rows_per_user: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that become examples, (k,), and each one's number of scored positions, (k,).

    A row has a history of `length` positions; the item after a scored position is predicted and
    counts in the loss. In the training split every `length`-th row of a user is kept, from the last
    one backwards, with all its positions: so each interaction is predicted exactly once. In the
    other splits the last `rows_per_user` rows of a user are kept, and only the last position is
    scored. `table` has the columns `entity` and `split`, a user's rows of a split in order of time.
    """
    rows_of_user = table.groupby(["entity", "split"], sort=False)
    rows_before = rows_of_user.cumcount().to_numpy()
    rows_after = rows_of_user.cumcount(ascending=False).to_numpy()
    is_train = (table["split"] == "train").to_numpy()

    is_kept = np.where(is_train, rows_after % length == 0, rows_after < rows_per_user)
    kept_rows = np.flatnonzero(is_kept)
    scored_positions = np.where(is_train, np.minimum(rows_before + 1, length), 1)
    return kept_rows, scored_positions[kept_rows]


def following(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the item that follows each of the last `length` positions of a history: codes (n, length).

    `arrays` has `items` (n, memory), the history with the newest last, `target.item` (n,), the item
    after it, and `target.counted` (n, length), which says what positions are scored.
    """
    length = arrays["target.counted"].shape[1]
    memory = arrays["items"].shape[1]
    followers_in_history = np.asarray(arrays["items"])[:, memory - length + 1 :]  # (n, length - 1)
    follower_of_last = np.asarray(arrays["target.item"])[:, None]
    return np.concatenate([followers_in_history, follower_of_last], axis=1)
