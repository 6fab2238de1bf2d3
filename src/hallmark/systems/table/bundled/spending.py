"""Genuine purchases: when, where and how much honest customers spend."""

import numpy as np
import pandas as pd

from hallmark.systems.table.bundled.customers import FAVOURITES, NEAR_HOME, NEAR_TERMINAL, World

DAY = 86_400.0  # seconds
HOUR = 3_600.0  # seconds
_WEEKDAY_WEIGHTS = np.array([0.9, 0.9, 0.95, 1.0, 1.25, 1.3, 0.7])  # of purchases, Monday to Sunday
_FAVOURITE_WEIGHTS = 1 / np.arange(1, FAVOURITES + 1)  # Zipf's law: how often each one is visited
_FAVOURITE_CDF = np.cumsum(_FAVOURITE_WEIGHTS) / np.sum(_FAVOURITE_WEIGHTS)
_ONLINE_GROWTH = 0.5  # by which all customers' online shares grow, from the first day to the last
_LARGE_SHARE = 1 / 80  # of the purchases, whose amount is 3 to 9 times the usual one
_NOT_A_FAVOURITE_SHARE = 0.15  # of the purchases near home
_OTHER_SHOP_SHARE = 0.2  # of the purchases online, made in any shop
_ERRAND_SHARE = 0.2  # of the purchases in a place, which are followed by others next door


def spend(world: World, generator: np.random.Generator, *, days: int) -> pd.DataFrame:
    """Sample all genuine purchases of `days` days.

    Columns: customer (row), seconds since the first midnight (a Monday), terminal (row), amount
    (EUR).
    """
    purchase_count = generator.poisson(world.purchase_rate * days)
    customer = np.repeat(np.arange(len(world.purchase_rate)), purchase_count)
    weight_of_day = _WEEKDAY_WEIGHTS[np.arange(days) % 7]
    day = generator.choice(days, len(customer), p=weight_of_day / weight_of_day.sum())

    online_share = world.online_share[customer] * (1 + _ONLINE_GROWTH * day / days)
    is_online = generator.random(len(customer)) < np.clip(online_share, 0, 0.95)
    terminal = _sample_purchase_terminals(world, generator, customer, day, is_online=is_online)
    mean_hour = world.usual_hour[customer] + 4.0 * is_online  # people buy online later in the day
    hour = generator.normal(mean_hour, 3.0) % 24

    seconds = day * DAY + hour * HOUR
    planned = pd.DataFrame({"customer": customer, "seconds": seconds, "terminal": terminal})
    errands = _sample_errands(world, generator, planned[~is_online])
    purchases = pd.concat([planned, errands], ignore_index=True)

    # Before a terminal opens, its customers go to the substitute.
    terminal = purchases["terminal"].to_numpy()
    opened = world.terminals["opened"].to_numpy()[terminal]  # day
    is_closed = opened * DAY > purchases["seconds"].to_numpy()
    purchases["terminal"] = np.where(is_closed, world.substitute[terminal], terminal)

    purchases["amount"] = sample_amounts(world, generator, purchases)
    return purchases[purchases["seconds"] < days * DAY]


def sample_amounts(world: World, generator: np.random.Generator, purchases: pd.DataFrame) -> np.ndarray:
    """Sample amounts (n,) in EUR, as these customers would spend them at these terminals.

    `purchases` has the columns customer and terminal (rows of the world's tables).
    """
    count = len(purchases)
    median_amount = world.median_amount[purchases["terminal"]]
    usual_amount = median_amount * world.spending_factor[purchases["customer"]]
    is_large = generator.random(count) < _LARGE_SHARE
    large_factor = np.where(is_large, generator.uniform(3, 9, count), 1.0)
    return np.asarray(usual_amount * large_factor * generator.lognormal(0.0, 0.55, count))


def _sample_purchase_terminals(
    world: World,
    generator: np.random.Generator,
    customer: np.ndarray,
    day: np.ndarray,
    *,
    is_online: np.ndarray,
) -> np.ndarray:
    """Sample the terminal (n,) of each purchase by customer, day and `is_online`, each (n,).

    At home, it is mostly one of the customer's favourites, else any terminal near home. On a trip,
    it is any terminal near the destination. Online, it is mostly a favourite shop, else any shop.
    """
    count = len(customer)
    first_day, duration, destination = _sample_trips(world, generator, int(day.max(initial=0)) + 1)

    rank = np.searchsorted(_FAVOURITE_CDF, generator.random(count))  # of the favourite, 0 the first
    favourite = world.favourites[customer, rank]
    near_home = world.near_home[customer, generator.integers(0, NEAR_HOME, count)]
    terminal = np.where(generator.random(count) < _NOT_A_FAVOURITE_SHARE, near_home, favourite)

    trip_count = first_day.shape[1]
    for trip in range(trip_count):
        trip_start = first_day[customer, trip]
        trip_end = trip_start + duration[customer, trip]
        is_away = (day >= trip_start) & (day < trip_end)
        neighbour = generator.integers(0, NEAR_TERMINAL, count)
        near_destination = world.near_terminal[destination[customer, trip], neighbour]
        terminal = np.where(is_away, near_destination, terminal)

    shop_number = generator.integers(0, world.favourite_shops.shape[1], count)
    favourite_shop = world.favourite_shops[customer, shop_number]
    any_shop = generator.choice(world.online_terminals, count)
    shop = np.where(generator.random(count) < _OTHER_SHOP_SHARE, any_shop, favourite_shop)
    return np.where(is_online, shop, terminal)


def _sample_trips(world: World, generator: np.random.Generator, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sample two trips of each of C customers: first day, duration, destination, each (C, 2).

    The first day may lie before day 0 or after the last day, so that some customers travel once or
    not at all. The duration is 2 to 9 days. The destination is a terminal (row).
    """
    shape = (len(world.purchase_rate), 2)
    first_day = generator.integers(-days // 2, days + days // 2, shape)
    duration = generator.integers(2, 10, shape)
    destination = generator.integers(0, len(world.terminals), shape)
    return first_day, duration, destination


def _sample_errands(world: World, generator: np.random.Generator, planned: pd.DataFrame) -> pd.DataFrame:
    """Sample honest bursts: further purchases next door, soon after a fifth of the `planned` ones.

    They keep speed alone from being a proof of fraud. Columns as in `planned`.
    """
    has_errands = generator.random(len(planned)) < _ERRAND_SHARE
    followed = planned[has_errands]
    errand_count = generator.geometric(0.6, len(followed))
    errands = followed.loc[followed.index.repeat(errand_count)]

    neighbour = generator.integers(0, 6, len(errands))  # among the six nearest
    terminal = world.near_terminal[errands["terminal"], neighbour]
    delay = sample_delays(generator, errands.index.to_numpy(), mean_pause=0.6 * HOUR)
    return errands.assign(seconds=errands["seconds"] + delay, terminal=terminal)


def sample_delays(generator: np.random.Generator, event: np.ndarray, *, mean_pause: float) -> np.ndarray:
    """Sample when each row of an event happens, in seconds (n,) after the event's beginning.

    `event` (n,) is the number of each row's event; the rows of an event stand together. From the
    beginning to the first row and from row to row, pauses are exponential with a mean of
    `mean_pause` seconds.
    """
    if not len(event):
        return np.zeros(0)

    elapsed = np.cumsum(generator.exponential(mean_pause, len(event)))  # over all events
    is_first_of_event = np.r_[True, np.diff(event) != 0]
    elapsed_before = np.r_[0.0, elapsed[:-1]]
    event_beginning = np.maximum.accumulate(np.where(is_first_of_event, elapsed_before, 0.0))
    return np.asarray(elapsed - event_beginning)
