"""Viewing behaviour: what the simulated users watch, one item after another, and how they rate it."""

import numpy as np
import pandas as pd

from hallmark.systems.recommendation.bundled.world import GENRES, World

_SESSION_END = 0.28  # probability that a session ends after an item
_ITEM_PAUSE = 0.04  # days, the mean time from item to item
_SESSION_PAUSE = 2.0  # days, the mean time from session to session, added to the former
# Bonuses (logits) of an item:
_MOOD = 2.2  # of the genre that the user is in the mood for, throughout a session
_NEXT_PART = 5.0  # when the user has just watched the series' part before
_NEXT_PART_DECAY = 0.8  # factor on that bonus with each further item
_NEW_RELEASE = 0.7  # on the day of its release
_NEW_RELEASE_DAYS = 60.0  # in which that bonus falls to 1/e
_NEVER = np.float32(-np.inf)  # the logit of an item that can't be chosen


def watch(world: World, generator: np.random.Generator) -> pd.DataFrame:
    """Sample all views: a table ordered by user and day.

    Columns: user and item (rows of the world's tables), day (with fractions) and rating (1 to 5
    stars). In each step, every user who has not watched all their items yet watches one.
    """
    shape = world.affinity.shape  # (U, I)
    availability = np.zeros(shape, np.float32)  # logits: 0, or minus infinity once the user has seen the item
    next_part_bonus = np.zeros(shape, np.float32)  # logits
    day = world.arrival.copy()  # of each user's last item
    mood = np.full(len(day), -1)  # the genre of each user's session, -1 before the first one

    steps = []
    for step in range(int(world.watch_count.max())):
        active = np.flatnonzero(world.watch_count > step)  # users who watch another item
        starts_session = (generator.random(len(active)) < _SESSION_END) | (step == 0)
        starting = active[starts_session]
        mood[starting] = _sample_moods(world, generator, starting)
        day[active] += generator.exponential(_ITEM_PAUSE, len(active))
        day[starting] += generator.exponential(_SESSION_PAUSE, len(starting)) * (step > 0)

        fits_mood = world.genre == mood[active][:, None]
        logits = world.affinity[active] + availability[active] + next_part_bonus[active]
        logits += _popularity_on(world, day[active]) + _MOOD * fits_mood
        gumbel_noise = generator.gumbel(size=logits.shape).astype(np.float32)
        item = (logits + gumbel_noise).argmax(axis=1)  # a sample of the softmax of the logits

        rating = 3.2 + 0.7 * world.affinity[active, item] + generator.normal(0, 0.8, len(active))
        stars = np.clip(np.rint(rating), 1, 5).astype(int)
        steps.append(pd.DataFrame({"user": active, "item": item, "day": day[active], "rating": stars}))

        availability[active, item] = _NEVER
        next_part_bonus[active] *= _NEXT_PART_DECAY
        next_part = world.next_part[item]
        has_next_part = next_part >= 0
        next_part_bonus[active[has_next_part], next_part[has_next_part]] = _NEXT_PART
    return pd.concat(steps).sort_values(["user", "day"], kind="stable", ignore_index=True)


def _sample_moods(world: World, generator: np.random.Generator, users: np.ndarray) -> np.ndarray:
    """Sample a session's genre for each of `users` (k,), by their mean affinity to its items."""
    affinity = world.affinity[users]
    mean_affinities = [affinity[:, world.genre == genre].mean(axis=1) for genre in range(len(GENRES))]
    logits = np.stack(mean_affinities, axis=1)
    return np.asarray((logits + generator.gumbel(size=logits.shape)).argmax(axis=1))


def _popularity_on(world: World, day: np.ndarray) -> np.ndarray:
    """Return the items' popularity, logits (k, I), on the day (k,) of each of k users.

    A new release has a bonus that fades. An item that is not released yet has minus infinity.
    """
    days_since_release = day[:, None] - world.release_day
    bonus = _NEW_RELEASE * np.exp(-np.maximum(days_since_release, 0) / _NEW_RELEASE_DAYS)
    is_released = days_since_release >= 0
    return np.where(is_released, world.popularity + bonus, _NEVER).astype(np.float32)
