"""Who lives in the simulator: customers with a home and habits, and terminals with a place and a category."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

# A terminal's category, the median amount spent there (EUR) and its share of all terminals.
CATEGORIES = {
    "grocery": (28.0, 0.28),
    "restaurant": (22.0, 0.20),
    "fuel": (45.0, 0.10),
    "clothing": (48.0, 0.12),
    "electronics": (110.0, 0.06),
    "travel": (75.0, 0.06),
    "cash": (60.0, 0.10),
    "online": (32.0, 0.08),
}
# A region's centre on a plane (km) and its share of the customers; people live about 20 km around a centre.
REGIONS = {
    "north": (150.0, 330.0, 0.26),
    "south": (170.0, 60.0, 0.22),
    "east": (320.0, 200.0, 0.21),
    "west": (40.0, 190.0, 0.17),
    "islands": (400.0, 390.0, 0.14),
}
# How many terminals are kept in `World`:
FAVOURITES = 12  # of a customer
NEARBY = 60  # next to a home
AROUND = 30  # next to a terminal


@dataclass(frozen=True)
class World:
    """The people, the places and who goes where. C customers, M terminals; a terminal is its row in `terminals`."""

    customers: pd.DataFrame  # customer, card, age, region, home_x, home_y
    terminals: pd.DataFrame  # terminal, category, x, y, opened (day)
    favourites: np.ndarray  # (C, FAVOURITES), the first the dearest
    shops: np.ndarray  # (C, 5), favourite online shops
    nearby: np.ndarray  # (C, NEARBY), the terminals next to the home
    around: np.ndarray  # (M, AROUND), the terminals next to a terminal
    substitute: np.ndarray  # (M,), where people went before this terminal opened
    rate: np.ndarray  # (C,), purchases a day
    wealth: np.ndarray  # (C,), multiplies every amount
    online: np.ndarray  # (C,), share of purchases made online on day 0
    hour: np.ndarray  # (C,), the middle of the customer's day

    @property
    def median_amount(self) -> np.ndarray:
        """The median amount (M,) of each terminal's category, in EUR."""
        return np.array([CATEGORIES[name][0] for name in self.terminals["category"]])

    @property
    def online_terminals(self) -> np.ndarray:
        return np.flatnonzero(self.terminals["category"].to_numpy() == "online")


def populate(generator: np.random.Generator, *, customers: int, terminals: int, days: int) -> World:
    """Draw the world. A fifth of the terminals opens while the simulation runs."""
    places = _draw_terminals(generator, terminals, days)
    people = _draw_customers(generator, customers)
    is_online = (places["category"] == "online").to_numpy()
    around, nearby = _find_neighbours(places, people, is_online)

    order = generator.random((customers, NEARBY)).argsort(axis=1)[:, :FAVOURITES]
    shops = np.flatnonzero(is_online)
    popularity = 1 / np.arange(1, len(shops) + 1)  # Zipf's law
    age = people["age"].to_numpy()
    return World(
        people,
        places,
        favourites=np.take_along_axis(nearby, order, axis=1),
        shops=generator.choice(shops, (customers, 5), p=popularity / popularity.sum()),
        nearby=nearby,
        around=around,
        substitute=_draw_substitutes(generator, places, is_online),
        rate=np.clip(generator.lognormal(-0.9, 0.5, customers), 0.1, 2.0),
        wealth=generator.lognormal(0.0, 0.35, customers) * (0.8 + 0.4 * np.clip((age - 18) / 40, 0, 1)),
        online=np.clip(generator.beta(2, 5, customers) * (1.3 - age / 100), 0.02, 0.8),
        hour=np.clip(generator.normal(14.5 - (age - 45) / 20, 2.5, customers), 5, 23),
    )


def _draw_customers(generator: np.random.Generator, count: int) -> pd.DataFrame:
    x, y, share = np.array(list(REGIONS.values())).T
    region = generator.choice(len(REGIONS), count, p=share)
    return pd.DataFrame(
        {
            "customer": [f"u{number:05d}" for number in range(count)],
            "card": [f"c{number:05d}" for number in generator.permutation(count)],
            "age": np.clip(generator.gamma(6.0, 5.0, count) + 17, 18, 95).astype(int),
            "region": np.array(list(REGIONS))[region],
            "home_x": (x[region] + generator.normal(0, 20, count)).round(2),
            "home_y": (y[region] + generator.normal(0, 20, count)).round(2),
        }
    )


def _draw_terminals(generator: np.random.Generator, count: int, days: int) -> pd.DataFrame:
    x, y, share = np.array(list(REGIONS.values())).T
    region = generator.choice(len(REGIONS), count, p=share)

    is_new = generator.random(count) < 0.2
    opened = np.where(is_new, generator.integers(1, max(days, 2), count), 0)
    opened[:AROUND] = 0  # so that even a tiny world has somewhere to go on the first day

    shares = np.array([share for _, share in CATEGORIES.values()])
    category = generator.choice(list(CATEGORIES), count, p=shares / shares.sum())
    category[:8] = "online"
    return pd.DataFrame(
        {
            "terminal": [f"t{number:05d}" for number in range(count)],
            "category": category,
            "x": (x[region] + generator.normal(0, 22, count)).round(2),
            "y": (y[region] + generator.normal(0, 22, count)).round(2),
            "opened": opened,
        }
    )


def _find_neighbours(
    places: pd.DataFrame, people: pd.DataFrame, is_online: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the physical terminals next to each terminal (M, AROUND) and to each home (C, NEARBY), nearest first."""
    physical = np.flatnonzero(~is_online)
    position = places[["x", "y"]].to_numpy()
    tree = cKDTree(position[physical])
    _, around = tree.query(position, k=AROUND)
    _, nearby = tree.query(people[["home_x", "home_y"]].to_numpy(), k=NEARBY)
    return physical[around], physical[nearby]


def _draw_substitutes(generator: np.random.Generator, places: pd.DataFrame, is_online: np.ndarray) -> np.ndarray:
    """Return for each terminal (M,) one that is open from the first day: the nearest, or of online shops any."""
    is_old = (places["opened"] == 0).to_numpy()
    position = places[["x", "y"]].to_numpy()
    _, nearest = cKDTree(position[is_old & ~is_online]).query(position)
    nearest_place = np.flatnonzero(is_old & ~is_online)[nearest]
    any_shop = generator.choice(np.flatnonzero(is_old & is_online), len(places))
    return np.where(is_online, any_shop, nearest_place)
