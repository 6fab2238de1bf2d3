"""The simulated world: users with an age and tastes, items with a genre and a place in a series.

Logits are unnormalised log probabilities: a user chooses an item with the softmax of the sums of
its logits.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

GENRES = ("action", "animation", "comedy", "crime", "documentary", "drama", "romance", "science fiction")
# How much each of GENRES is liked (logits) at 15 and at 75 years; linear in between.
_TASTE_AT_15 = (1.0, 1.4, 0.6, -0.6, -1.2, -0.8, 0.2, 0.8)
_TASTE_AT_75 = (-1.0, -1.2, 0.0, 1.0, 1.0, 1.2, 0.2, -1.0)
_FACTORS = 6  # latent dimensions of taste, which stand in no table
_SERIES_LENGTHS = (1, 1, 1, 2, 3, 4)  # parts, equally likely; 1: no series
_NEW_SHARE = 0.04  # of the items, which are released within the simulation
_FIRST_WORDS = (
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
_SECOND_WORDS = (
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
    """U users and I items, numbered by their rows in the two tables."""

    users: pd.DataFrame  # user, age (years), gender
    items: pd.DataFrame  # item, title, genre, year
    genre: np.ndarray  # (I,) a position in GENRES
    popularity: np.ndarray  # (I,) logits, the same for all users
    release_day: np.ndarray  # (I,) below 0, before the simulation, for most
    next_part: np.ndarray  # (I,) the item that is the series' next part, -1 where there is none
    affinity: np.ndarray  # (U, I) logits: how much more or less than others a user likes an item
    arrival: np.ndarray  # (U,) day on which the user watches the first item
    watch_count: np.ndarray  # (U,) items that the user watches in all


def populate(generator: np.random.Generator, *, users: int, items: int, days: int) -> World:
    """Sample a world of this many users and items, for a simulation of `days` days."""
    part, next_part = _sample_series(generator, items)
    first_part = np.arange(items) - part  # its genre, popularity and factors hold for the whole series
    genre = generator.choice(len(GENRES), items)[first_part]
    rank = np.arange(items) + 6.0  # Zipf's law: popularity is 1 / rank; + 6 flattens its head
    log_popularity = (-1.0 * np.log(rank))[generator.permutation(items)]
    popularity = log_popularity[first_part] - 0.15 * part  # later parts are a little less popular
    release_day = _sample_release_days(generator, part, days)

    age = np.clip(generator.gamma(5.0, 5.0, users) + 14, 15, 85).astype(int)
    gender = generator.choice(["female", "male"], users)
    names = [f"u{number:05d}" for number in range(users)]
    return World(
        users=pd.DataFrame({"user": names, "age": age, "gender": gender}),
        items=_sample_item_table(generator, genre, part, next_part, release_day),
        genre=genre,
        popularity=popularity,
        release_day=release_day,
        next_part=next_part,
        affinity=_sample_affinity(generator, age, genre, first_part),
        arrival=np.sort(generator.uniform(0, days, users)),
        watch_count=np.clip(20 + generator.exponential(14, users), 20, 60).astype(int),
    )


def _sample_series(generator: np.random.Generator, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Sample series of one to four neighbouring items; return `part` and `next_part`, each (I,).

    `part` is an item's place in its series, from 0; `next_part` is the row of the next one, or -1.
    """
    lengths = generator.choice(_SERIES_LENGTHS, items)
    part = np.concatenate([np.arange(length) for length in lengths])[:items]
    has_next = np.append(part[1:] > 0, False)
    next_part = np.where(has_next, np.arange(items) + 1, -1)
    return part, next_part


def _sample_release_days(generator: np.random.Generator, part: np.ndarray, days: int) -> np.ndarray:
    """Sample each item's day of release (I,): for `_NEW_SHARE` within `days`, else before day 0.

    All parts of a series are released on the day of its latest one.
    """
    items = len(part)
    is_new = generator.random(items) < _NEW_SHARE
    new_days = generator.uniform(0, days, items)
    old_days = -generator.exponential(2000, items)  # 2,000 days before day 0 on average
    release_day = np.where(is_new, new_days, old_days)

    first_parts = np.flatnonzero(part == 0)
    latest_of_series = np.maximum.reduceat(release_day, first_parts)
    return np.asarray(latest_of_series[_number_series(part)])


def _number_series(part: np.ndarray) -> np.ndarray:
    """Return the number of each item's series (I,), from 0; an item of no series is one of its own."""
    return np.asarray(np.cumsum(part == 0) - 1)


def _sample_item_table(
    generator: np.random.Generator,
    genre: np.ndarray,
    part: np.ndarray,
    next_part: np.ndarray,
    release_day: np.ndarray,
) -> pd.DataFrame:
    """Sample titles and return the table `World.items`.

    A series shares its title, with the part's number. When all titles are used, they come again
    with a number: "Amber Anchor 2".
    """
    names = [f"{first} {second}" for first, second in product(_FIRST_WORDS, _SECOND_WORDS)]
    order = generator.permutation(len(names))
    has_parts = (part > 0) | (next_part >= 0)

    titles = []
    for item, series in enumerate(_number_series(part)):
        title = names[order[series % len(names)]]
        round_of_names = series // len(names) + 1
        if round_of_names > 1:
            title += f" {round_of_names}"
        if has_parts[item]:
            title += f", part {part[item] + 1}"
        titles.append(title)
    return pd.DataFrame(
        {
            "item": [f"i{number:04d}" for number in range(len(part))],
            "title": titles,
            "genre": np.array(GENRES)[genre],
            "year": (2024 + release_day / 365.25).astype(int),
        }
    )


def _sample_affinity(
    generator: np.random.Generator, age: np.ndarray, genre: np.ndarray, first_part: np.ndarray
) -> np.ndarray:
    """Sample how much each user likes each item, logits (U, I), float32.

    It is the user's taste for the genre, which depends on `age` (U,), plus a latent taste: the
    product of user factors and item factors. `genre` (I,) are positions in GENRES. `first_part`
    (I,) is the first item of each item's series, whose factors all its parts share.
    """
    weight_of_75 = ((age - 15) / 60)[:, None]  # 0 at 15 years, 1 at 75
    mean_taste = (1 - weight_of_75) * np.array(_TASTE_AT_15) + weight_of_75 * np.array(_TASTE_AT_75)
    taste = mean_taste + generator.normal(0, 0.8, (len(age), len(GENRES)))

    user_factors = generator.normal(0, 1, (len(age), _FACTORS))
    item_factors = generator.normal(0, 1, (len(genre), _FACTORS))[first_part]
    latent_taste = 1.2 * user_factors @ item_factors.T / _FACTORS**0.5
    return np.asarray(taste[:, genre] + latent_taste, dtype=np.float32)
