"""The simulated world: customers with a home and habits, and terminals with a place and a category."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

# A terminal's category: the median amount spent there (EUR), and its share of all terminals.
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
# A region: its centre (x, y) on a plane (km), and its share of the customers and of the terminals.
REGIONS = {
    "north": (150.0, 330.0, 0.26),
    "south": (170.0, 60.0, 0.22),
    "east": (320.0, 200.0, 0.21),
    "west": (40.0, 190.0, 0.17),
    "islands": (400.0, 390.0, 0.14),
}
_HOME_SPREAD = 20.0  # km, standard deviation of homes about their region's centre, along x and y
_TERMINAL_SPREAD = 22.0  # km, of terminals

# How many terminals `World` lists:
FAVOURITES = 12  # of a customer
FAVOURITE_SHOPS = 5  # online, of a customer
NEAR_HOME = 60  # next to a home
NEAR_TERMINAL = 30  # next to a terminal

_LATE_SHARE = 0.2  # of the terminals, which open after day 0
_FIRST_SHOPS = 8  # terminals that are online whatever is sampled, so that a tiny world has shops


@dataclass(frozen=True)
class World:
    """C customers, M terminals, and who goes where.

    Customers and terminals are numbered by their rows in the two tables. Physical terminals are
    those of any category but "online".
    """

    customers: pd.DataFrame  # customer, card, age (years), region, home_x, home_y (km)
    terminals: pd.DataFrame  # terminal, category, x, y (km), opened (day, 0 for the first)
    favourites: np.ndarray  # (C, FAVOURITES) physical terminals, the most visited first
    favourite_shops: np.ndarray  # (C, FAVOURITE_SHOPS) online terminals
    near_home: np.ndarray  # (C, NEAR_HOME) physical terminals, the nearest first
    near_terminal: np.ndarray  # (M, NEAR_TERMINAL) physical terminals, the nearest first
    substitute: np.ndarray  # (M,) the terminal that is visited instead before this one opens
    purchase_rate: np.ndarray  # (C,) purchases a day
    spending_factor: np.ndarray  # (C,) factor on the median amount of a category
    online_share: np.ndarray  # (C,) share of purchases made online on day 0
    usual_hour: np.ndarray  # (C,) hour of the day about which the customer buys

    @property
    def median_amount(self) -> np.ndarray:
        """The median amount (M,) of each terminal's category, in EUR."""
        return np.array([CATEGORIES[name][0] for name in self.terminals["category"]])

    @property
    def online_terminals(self) -> np.ndarray:
        """The rows of the online terminals."""
        return np.flatnonzero(self.terminals["category"].to_numpy() == "online")


def populate(generator: np.random.Generator, *, customers: int, terminals: int, days: int) -> World:
    """Sample a world of this many customers and terminals, for a simulation of `days` days."""
    # The order of the calls fixes the raw data of a seed.
    places = _sample_terminals(generator, terminals, days)
    people = _sample_customers(generator, customers)
    is_online = (places["category"] == "online").to_numpy()
    near_terminal, near_home = _find_neighbours(places, people, is_online)

    random_order = generator.random((customers, NEAR_HOME)).argsort(axis=1)
    favourites = np.take_along_axis(near_home, random_order[:, :FAVOURITES], axis=1)
    shops = np.flatnonzero(is_online)
    zipf_weights = 1 / np.arange(1, len(shops) + 1)  # Zipf's law: few shops have most customers
    favourite_shops = generator.choice(shops, (customers, FAVOURITE_SHOPS), p=zipf_weights / zipf_weights.sum())
    substitute = _sample_substitutes(generator, places, is_online)

    age = people["age"].to_numpy()
    purchase_rate = np.clip(generator.lognormal(-0.9, 0.5, customers), 0.1, 2.0)
    wealth_by_age = 0.8 + 0.4 * np.clip((age - 18) / 40, 0, 1)  # grows from 18 to 58 years
    spending_factor = generator.lognormal(0.0, 0.35, customers) * wealth_by_age
    online_share = np.clip(generator.beta(2, 5, customers) * (1.3 - age / 100), 0.02, 0.8)
    mean_hour = 14.5 - (age - 45) / 20  # old customers buy earlier in the day
    usual_hour = np.clip(generator.normal(mean_hour, 2.5, customers), 5, 23)
    return World(
        customers=people,
        terminals=places,
        favourites=favourites,
        favourite_shops=favourite_shops,
        near_home=near_home,
        near_terminal=near_terminal,
        substitute=substitute,
        purchase_rate=purchase_rate,
        spending_factor=spending_factor,
        online_share=online_share,
        usual_hour=usual_hour,
    )


def _sample_customers(generator: np.random.Generator, count: int) -> pd.DataFrame:
    """Sample the table `World.customers`."""
    x, y, shares = np.array(list(REGIONS.values())).T
    region = generator.choice(len(REGIONS), count, p=shares)
    return pd.DataFrame(
        {
            "customer": [f"u{number:05d}" for number in range(count)],
            "card": [f"c{number:05d}" for number in generator.permutation(count)],
            "age": np.clip(generator.gamma(6.0, 5.0, count) + 17, 18, 95).astype(int),
            "region": np.array(list(REGIONS))[region],
            "home_x": (x[region] + generator.normal(0, _HOME_SPREAD, count)).round(2),
            "home_y": (y[region] + generator.normal(0, _HOME_SPREAD, count)).round(2),
        }
    )


def _sample_terminals(generator: np.random.Generator, count: int, days: int) -> pd.DataFrame:
    """Sample the table `World.terminals`; a fifth of them opens between day 1 and day `days`."""
    x, y, region_shares = np.array(list(REGIONS.values())).T
    region = generator.choice(len(REGIONS), count, p=region_shares)

    opens_late = generator.random(count) < _LATE_SHARE
    opened = np.where(opens_late, generator.integers(1, max(days, 2), count), 0)
    opened[:NEAR_TERMINAL] = 0  # even a tiny world has somewhere to go on the first day

    category_shares = np.array([share for _, share in CATEGORIES.values()])
    category = generator.choice(list(CATEGORIES), count, p=category_shares / category_shares.sum())
    category[:_FIRST_SHOPS] = "online"
    return pd.DataFrame(
        {
            "terminal": [f"t{number:05d}" for number in range(count)],
            "category": category,
            "x": (x[region] + generator.normal(0, _TERMINAL_SPREAD, count)).round(2),
            "y": (y[region] + generator.normal(0, _TERMINAL_SPREAD, count)).round(2),
            "opened": opened,
        }
    )


def _find_neighbours(
    places: pd.DataFrame, people: pd.DataFrame, is_online: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return `World.near_terminal` and `World.near_home`: physical terminals, the nearest first.

    A physical terminal is the nearest to itself. `is_online` (M,) tells which terminals are online.
    """
    physical = np.flatnonzero(~is_online)
    position = places[["x", "y"]].to_numpy()
    homes = people[["home_x", "home_y"]].to_numpy()

    tree = cKDTree(position[physical])
    _, near_terminal = tree.query(position, k=NEAR_TERMINAL)
    _, near_home = tree.query(homes, k=NEAR_HOME)
    return physical[near_terminal], physical[near_home]


def _sample_substitutes(generator: np.random.Generator, places: pd.DataFrame, is_online: np.ndarray) -> np.ndarray:
    """Return for each terminal (M,) one that is open from day 0 on.

    For a physical terminal it is the nearest such one, for an online shop a random one.
    """
    is_first = (places["opened"] == 0).to_numpy()
    first_places = np.flatnonzero(is_first & ~is_online)
    first_shops = np.flatnonzero(is_first & is_online)

    position = places[["x", "y"]].to_numpy()
    _, nearest = cKDTree(position[first_places]).query(position)
    any_shop = generator.choice(first_shops, len(places))
    return np.where(is_online, any_shop, first_places[nearest])
