"""Who and what there is in the simulator: users with an age and tastes, items with a genre and a place in a series."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

GENRES = ("action", "animation", "comedy", "crime", "documentary", "drama", "romance", "science fiction")
# By how much each of GENRES is liked (logits) at the ages of 15 and of 75; in between it changes linearly.
_TASTE_AT_15 = (1.0, 1.4, 0.6, -0.6, -1.2, -0.8, 0.2, 0.8)
_TASTE_AT_75 = (-1.0, -1.2, 0.0, 1.0, 1.0, 1.2, 0.2, -1.0)
_FACTORS = 6  # of the tastes that no table names
_FIRST = (
    "Amber",
    "Bitter",
    "Crimson",
    "Distant",
    "Early",
    "Empty",
    "Golden",
    "Hidden",
    "Iron",
    "Last",
    "Lost",
    "Quiet",
)
_SECOND = (
    "Anchor",
    "Bridge",
    "Canyon",
    "Harbour",
    "Island",
    "Lantern",
    "Letter",
    "Mirror",
    "Orchard",
    "River",
    "Tower",
)


@dataclass(frozen=True)
class World:
    """U users and I items; a user or an item is its row in the table."""

    users: pd.DataFrame  # user, age, gender
    items: pd.DataFrame  # item, title, genre, year
    genre: np.ndarray  # (I,), a position in GENRES
    popularity: np.ndarray  # (I,), log
    released: np.ndarray  # (I,), day; before day 0 for most
    following: np.ndarray  # (I,), the next part of the series, -1 where there is none
    affinity: np.ndarray  # (U, I), log: how much more or less than others a user likes an item
    arrival: np.ndarray  # (U,), day
    count: np.ndarray  # (U,), items that a user will have


def populate(generator: np.random.Generator, *, users: int, items: int, days: int) -> World:
    """Draw the world."""
    part, following = _draw_series(generator, items)
    first = np.arange(items) - part  # the series' first item stands for its genre and popularity
    genre = generator.choice(len(GENRES), items)[first]
    zipf = -1.0 * np.log(np.arange(items) + 6.0)[generator.permutation(items)]  # Zipf's law, with a flattened head
    popularity = zipf[first] - 0.15 * part
    released = _draw_releases(generator, part, days)

    age = np.clip(generator.gamma(5.0, 5.0, users) + 14, 15, 85).astype(int)
    gender = generator.choice(["female", "male"], users)
    names = [f"u{number:05d}" for number in range(users)]
    return World(
        users=pd.DataFrame({"user": names, "age": age, "gender": gender}),
        items=_draw_catalogue(generator, genre, part, following, released),
        genre=genre,
        popularity=popularity,
        released=released,
        following=following,
        affinity=_draw_affinity(generator, age, genre, first),
        arrival=np.sort(generator.uniform(0, days, users)),
        count=np.clip(20 + generator.exponential(14, users), 20, 60).astype(int),
    )


def _draw_series(generator: np.random.Generator, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Put the items into series of one to four parts; return each one's place in its series, and the next part."""
    lengths = generator.choice([1, 1, 1, 2, 3, 4], items)
    part = np.concatenate([np.arange(length) for length in lengths])[:items]
    has_next = np.append(part[1:] > 0, False)
    following = np.where(has_next, np.arange(items) + 1, -1)
    return part, following


def _draw_releases(generator: np.random.Generator, part: np.ndarray, days: int) -> np.ndarray:
    """Draw the day of each item's release (I,): one in 25 within `days`, the others before day 0.

    All parts of a series are released on the day of its latest one.
    """
    items = len(part)
    is_new = generator.random(items) < 0.04
    new = generator.uniform(0, days, items)
    old = -generator.exponential(2000, items)
    released = np.where(is_new, new, old)

    starts = np.flatnonzero(part == 0)
    series = np.cumsum(part == 0) - 1
    return np.asarray(np.maximum.reduceat(released, starts)[series])


def _draw_catalogue(
    generator: np.random.Generator, genre: np.ndarray, part: np.ndarray, following: np.ndarray, released: np.ndarray
) -> pd.DataFrame:
    """Return the table of items: item, title, genre, year."""
    names = [f"{first} {second}" for first, second in product(_FIRST, _SECOND)]
    order = generator.permutation(len(names))
    is_in_series = (part > 0) | (following >= 0)

    titles = []
    for series, place, numbered in zip(np.cumsum(part == 0) - 1, part, is_in_series, strict=True):
        title = names[order[series % len(names)]]
        if series >= len(names):
            title += f" {series // len(names) + 1}"
        if numbered:
            title += f", part {place + 1}"
        titles.append(title)
    return pd.DataFrame(
        {
            "item": [f"i{number:04d}" for number in range(len(part))],
            "title": titles,
            "genre": np.array(GENRES)[genre],
            "year": (2024 + released / 365.25).astype(int),
        }
    )


def _draw_affinity(generator: np.random.Generator, age: np.ndarray, genre: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Draw how much each user likes each item (U, I), logits: by age and genre, and by factors that no table names.

    Items of one series, whose `first` item (I,) is the same, share their factors.
    """
    share = ((age - 15) / 60)[:, None]  # 0 at the age of 15, 1 at 75
    taste_at_age = (1 - share) * np.array(_TASTE_AT_15) + share * np.array(_TASTE_AT_75)
    taste = taste_at_age + generator.normal(0, 0.8, (len(age), len(GENRES)))

    user_factors = generator.normal(0, 1, (len(age), _FACTORS))
    item_factors = generator.normal(0, 1, (len(genre), _FACTORS))[first]
    return np.asarray(taste[:, genre] + 1.2 * user_factors @ item_factors.T / _FACTORS**0.5, dtype=np.float32)
