"""Who and what there is in the simulator: users with an age and tastes, items with a genre and a place in a series."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

GENRES = ("action", "animation", "comedy", "crime", "documentary", "drama", "romance", "science fiction")
# By how much a genre is liked (logits) at the ages of 15 and of 75; in between it changes linearly.
_TASTE = {15: (1.0, 1.4, 0.6, -0.6, -1.2, -0.8, 0.2, 0.8), 75: (-1.0, -1.2, 0.0, 1.0, 1.0, 1.2, 0.2, -1.0)}
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
    part, following = _series(generator, items)
    first = np.arange(items) - part  # the series' first item stands for its genre and fame
    genre = generator.choice(len(GENRES), items)[first]
    fame = -1.0 * np.log(np.arange(items) + 6.0)[generator.permutation(items)]  # Zipf's law, with a flattened head
    popularity = fame[first] - 0.15 * part
    released = np.where(
        generator.random(items) < 0.04, generator.uniform(0, days, items), -generator.exponential(2000, items)
    )
    released = np.maximum.reduceat(released, np.unique(first))[np.cumsum(part == 0) - 1]
    age = np.clip(generator.gamma(5.0, 5.0, users) + 14, 15, 85).astype(int)
    return World(
        users=pd.DataFrame(
            {
                "user": [f"u{n:05d}" for n in range(users)],
                "age": age,
                "gender": generator.choice(["female", "male"], users),
            }
        ),
        items=_catalogue(generator, genre, part, following, released),
        genre=genre,
        popularity=popularity,
        released=released,
        following=following,
        affinity=_affinity(generator, age, genre, first),
        arrival=np.sort(generator.uniform(0, days, users)),
        count=np.clip(20 + generator.exponential(14, users), 20, 60).astype(int),
    )


def _series(generator: np.random.Generator, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Deal the items out to series of one to four parts; return each one's place in its series, and the next part."""
    lengths = generator.choice([1, 1, 1, 2, 3, 4], items)
    part = np.concatenate([np.arange(length) for length in lengths])[:items]
    more = np.append(part[1:] > 0, False)
    return part, np.where(more, np.arange(items) + 1, -1)


def _catalogue(
    generator: np.random.Generator, genre: np.ndarray, part: np.ndarray, following: np.ndarray, released: np.ndarray
) -> pd.DataFrame:
    names = [f"{first} {second}" for first, second in product(_FIRST, _SECOND)]
    series = np.cumsum(part == 0) - 1
    order = generator.permutation(len(names))
    title = [names[order[s % len(names)]] + (f" {s // len(names) + 1}" if s >= len(names) else "") for s in series]
    return pd.DataFrame(
        {
            "item": [f"i{number:04d}" for number in range(len(part))],
            "title": np.where(
                (part > 0) | (following >= 0), [f"{t}, part {p + 1}" for t, p in zip(title, part, strict=True)], title
            ),
            "genre": np.array(GENRES)[genre],
            "year": (2024 + released / 365.25).astype(int),
        }
    )


def _affinity(generator: np.random.Generator, age: np.ndarray, genre: np.ndarray, first: np.ndarray) -> np.ndarray:
    young, old = (np.array(_TASTE[at]) for at in (15, 75))
    share = ((age - 15) / 60)[:, None]
    taste = (1 - share) * young + share * old + generator.normal(0, 0.8, (len(age), len(GENRES)))
    person = generator.normal(0, 1, (len(age), _FACTORS))
    thing = generator.normal(0, 1, (len(genre), _FACTORS))[first]
    return np.asarray(taste[:, genre] + 1.2 * person @ thing.T / _FACTORS**0.5, dtype=np.float32)
