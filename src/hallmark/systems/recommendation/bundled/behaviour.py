"""What the people of the simulator watch, one after the other, and how they rate it."""

import numpy as np
import pandas as pd

from hallmark.systems.recommendation.bundled.world import GENRES, World

_SESSION_END = 0.28  # chance that a session ends after an item
_ITEM_PAUSE = 0.04  # days, the mean time from item to item
_SESSION_PAUSE = 2.0  # days, the mean time from session to session
# What adds to the logit of an item:
_MOOD = 2.2  # where it is of the session's genre
_NEXT_PART = 5.0  # where its series' former part was seen just now
_NEXT_PART_DECAY = 0.8  # what is left of that an item later
_NEW_RELEASE = 0.7  # on the day of its release
_NEW_RELEASE_DAYS = 60.0  # after which it has lost 63 % of that
_NOT_TO_BE_CHOSEN = np.float32(-np.inf)


def watch(world: World, generator: np.random.Generator) -> pd.DataFrame:
    """Return user and item (rows of the world's tables), day and rating, ordered by user and day."""
    shape = world.affinity.shape  # users, items
    availability = np.zeros(shape, np.float32)  # logits: 0, or minus infinity once a user has seen an item
    next_part_bonus = np.zeros(shape, np.float32)  # logits
    day = world.arrival.copy()  # of each user's last item
    mood = np.full(len(day), -1)  # the genre of each user's session

    steps = []
    for step in range(int(world.count.max())):
        active = np.flatnonzero(world.count > step)  # users who watch another item
        starts_session = (generator.random(len(active)) < _SESSION_END) | (step == 0)
        starting = active[starts_session]
        mood[starting] = _draw_moods(world, generator, starting)
        day[active] += generator.exponential(_ITEM_PAUSE, len(active))
        day[starting] += generator.exponential(_SESSION_PAUSE, len(starting)) * (step > 0)

        logits = world.affinity[active] + availability[active] + next_part_bonus[active]
        logits += _popularity_on(world, day[active]) + _MOOD * (world.genre == mood[active][:, None])
        chosen = (logits + generator.gumbel(size=logits.shape).astype(np.float32)).argmax(axis=1)
        rating = 3.2 + 0.7 * world.affinity[active, chosen] + generator.normal(0, 0.8, len(active))
        stars = np.clip(np.rint(rating), 1, 5).astype(int)
        steps.append(pd.DataFrame({"user": active, "item": chosen, "day": day[active], "rating": stars}))

        availability[active, chosen] = _NOT_TO_BE_CHOSEN
        next_part_bonus[active] *= _NEXT_PART_DECAY
        has_next_part = world.following[chosen] >= 0
        next_part_bonus[active[has_next_part], world.following[chosen[has_next_part]]] = _NEXT_PART
    return pd.concat(steps).sort_values(["user", "day"], kind="stable", ignore_index=True)


def _draw_moods(world: World, generator: np.random.Generator, users: np.ndarray) -> np.ndarray:
    """Draw a genre for a session of each of `users`, by how much they like its items."""
    affinity = world.affinity[users]
    by_genre = [affinity[:, world.genre == genre].mean(axis=1) for genre in range(len(GENRES))]
    logits = np.stack(by_genre, axis=1)
    return np.asarray((logits + generator.gumbel(size=logits.shape)).argmax(axis=1))


def _popularity_on(world: World, day: np.ndarray) -> np.ndarray:
    """Return the log popularity (users, items) on each user's day; minus infinity before an item's release."""
    days_since_release = day[:, None] - world.released
    bonus = _NEW_RELEASE * np.exp(-np.maximum(days_since_release, 0) / _NEW_RELEASE_DAYS)
    is_released = days_since_release >= 0
    return np.where(is_released, world.popularity + bonus, _NOT_TO_BE_CHOSEN).astype(np.float32)
