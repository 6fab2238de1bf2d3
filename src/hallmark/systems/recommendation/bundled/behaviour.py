"""What the people of the simulator watch, one after the other, and how they rate it."""

import numpy as np
import pandas as pd

from hallmark.systems.recommendation.bundled.world import GENRES, World

_SESSION = 0.28  # chance that a session ends after an item
_MOOD = 2.2  # log: what an item of the session's genre gains
_WAITING, _FORGOTTEN = (
    5.0,
    0.8,
)  # log: what the next part of a series gains at first, and what is left of it an item later
_FADING = 60.0  # days after which a new release has lost 63 % of what it gains
_NEW = 0.7  # log: what an item gains on the day of its release
_LEFT = np.float32(-np.inf)  # of an item that cannot be chosen


def watch(world: World, generator: np.random.Generator) -> pd.DataFrame:
    """Return user and item (rows of the world's tables), day and rating, ordered by user and day."""
    users, items = world.affinity.shape
    open_, waiting = np.zeros((users, items), np.float32), np.zeros((users, items), np.float32)
    day, mood = world.arrival.copy(), np.full(users, -1)
    steps = []
    for step in range(int(world.count.max())):
        active = np.flatnonzero(world.count > step)
        ended = active[(generator.random(len(active)) < _SESSION) | (step == 0)]
        mood[ended] = _moods(world, generator, ended)
        day[active] += generator.exponential(0.04, len(active))
        day[ended] += generator.exponential(2.0, len(ended)) * (step > 0)
        liking = world.affinity[active] + open_[active] + waiting[active]
        liking += _now(world, day[active]) + _MOOD * (world.genre == mood[active][:, None])
        chosen = (liking + generator.gumbel(size=liking.shape).astype(np.float32)).argmax(axis=1)
        rating = np.clip(
            np.rint(3.2 + 0.7 * world.affinity[active, chosen] + generator.normal(0, 0.8, len(active))), 1, 5
        )
        steps.append(pd.DataFrame({"user": active, "item": chosen, "day": day[active], "rating": rating.astype(int)}))
        open_[active, chosen] = _LEFT
        waiting[active] *= _FORGOTTEN
        follows = world.following[chosen] >= 0
        waiting[active[follows], world.following[chosen[follows]]] = _WAITING
    return pd.concat(steps).sort_values(["user", "day"], kind="stable", ignore_index=True)


def _moods(world: World, generator: np.random.Generator, users: np.ndarray) -> np.ndarray:
    """Draw a genre for a session of each of `users`, by how much they like its items."""
    liked = np.stack(
        [world.affinity[users][:, world.genre == genre].mean(axis=1) for genre in range(len(GENRES))], axis=1
    )
    return np.asarray((liked + generator.gumbel(size=liked.shape)).argmax(axis=1))


def _now(world: World, day: np.ndarray) -> np.ndarray:
    """Return the log popularity (users, items) on each user's day; -inf before an item's release."""
    age = day[:, None] - world.released
    fame = world.popularity + _NEW * np.exp(-np.maximum(age, 0) / _FADING)
    return np.where(age >= 0, fame, _LEFT).astype(np.float32)
