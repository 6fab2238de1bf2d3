"""What honest customers do: when, where and how much they spend."""

import numpy as np
import pandas as pd

from hallmark.systems.table.bundled.population import AROUND, FAVOURITES, NEARBY, World

DAY = 86_400.0  # s
HOUR = 3_600.0  # s
_WEEKDAYS = np.array([0.9, 0.9, 0.95, 1.0, 1.25, 1.3, 0.7])  # how much is bought, Monday to Sunday
_FAVOURITE_WEIGHTS = 1 / np.arange(1, FAVOURITES + 1)  # Zipf's law
_FAVOURITE_LIMITS = np.cumsum(_FAVOURITE_WEIGHTS) / np.sum(_FAVOURITE_WEIGHTS)  # of a uniform number, by favourite


def spend(world: World, generator: np.random.Generator, *, days: int) -> pd.DataFrame:
    """Draw genuine purchases.

    Columns: customer (row), seconds since the first midnight (a Monday), terminal (row), amount (EUR).
    """
    customer = np.repeat(np.arange(len(world.rate)), generator.poisson(world.rate * days))
    weight_of_day = _WEEKDAYS[np.arange(days) % 7]
    day = generator.choice(days, len(customer), p=weight_of_day / weight_of_day.sum())

    # The merchant mix changes for everybody: half as much again is bought online at the end as at the beginning.
    online_share = np.clip(world.online[customer] * (1 + 0.5 * day / days), 0, 0.95)
    is_online = generator.random(len(customer)) < online_share
    terminal = _draw_terminals(world, generator, customer, day, is_online=is_online)
    hour = generator.normal(world.hour[customer] + 4.0 * is_online, 3.0) % 24

    planned = pd.DataFrame({"customer": customer, "seconds": day * DAY + hour * HOUR, "terminal": terminal})
    errands = _draw_errands(world, generator, planned[~is_online])
    purchases = pd.concat([planned, errands], ignore_index=True)

    terminal = purchases["terminal"].to_numpy()
    opened = world.terminals["opened"].to_numpy()[terminal]  # day
    is_closed = opened * DAY > purchases["seconds"].to_numpy()
    purchases["terminal"] = np.where(is_closed, world.substitute[terminal], terminal)
    purchases["amount"] = draw_amounts(world, generator, purchases)
    return purchases[purchases["seconds"] < days * DAY]


def draw_amounts(world: World, generator: np.random.Generator, purchases: pd.DataFrame) -> np.ndarray:
    """Draw the amounts (n,) in EUR that these customers would spend at these terminals; one in eighty is large."""
    count = len(purchases)
    usual = world.median_amount[purchases["terminal"]] * world.wealth[purchases["customer"]]
    is_large = generator.random(count) < 1 / 80
    factor = np.where(is_large, generator.uniform(3, 9, count), 1.0)
    return np.asarray(usual * factor * generator.lognormal(0.0, 0.55, count))


def _draw_terminals(
    world: World, generator: np.random.Generator, customer: np.ndarray, day: np.ndarray, *, is_online: np.ndarray
) -> np.ndarray:
    """Draw the terminal (n,) of each purchase.

    It is a favourite mostly, now and then another place near home; on a trip, any place near where the trip goes.
    Online, it is a favourite shop mostly.
    """
    count = len(customer)
    start, duration, destination = _draw_trips(world, generator, int(day.max(initial=0)) + 1)
    terminal = world.favourites[customer, np.searchsorted(_FAVOURITE_LIMITS, generator.random(count))]
    near_home = world.nearby[customer, generator.integers(0, NEARBY, count)]
    terminal = np.where(generator.random(count) < 0.15, near_home, terminal)

    for trip in range(start.shape[1]):
        is_away = (day >= start[customer, trip]) & (day < (start + duration)[customer, trip])
        at_destination = world.around[destination[customer, trip], generator.integers(0, AROUND, count)]
        terminal = np.where(is_away, at_destination, terminal)

    favourite_shop = world.shops[customer, generator.integers(0, world.shops.shape[1], count)]
    any_shop = generator.choice(world.online_terminals, count)
    shop = np.where(generator.random(count) < 0.2, any_shop, favourite_shop)
    return np.where(is_online, shop, terminal)


def _draw_trips(world: World, generator: np.random.Generator, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw two trips of each customer, (C, 2): first day, duration of 2 to 9 days, and terminal at the destination.

    Some begin before the first day or after the last.
    """
    shape = (len(world.rate), 2)
    start = generator.integers(-days // 2, days + days // 2, shape)
    duration = generator.integers(2, 10, shape)
    destination = generator.integers(0, len(world.terminals), shape)
    return start, duration, destination


def _draw_errands(world: World, generator: np.random.Generator, planned: pd.DataFrame) -> pd.DataFrame:
    """Let one in five buy again next door: honest bursts, so that speed alone is no proof of fraud."""
    followed = planned[generator.random(len(planned)) < 0.2]
    errands = followed.loc[followed.index.repeat(generator.geometric(0.6, len(followed)))]
    neighbour = world.around[errands["terminal"], generator.integers(0, 6, len(errands))]
    delay = draw_pauses(generator, errands.index.to_numpy(), 0.6 * HOUR)
    return errands.assign(seconds=errands["seconds"] + delay, terminal=neighbour)


def draw_pauses(generator: np.random.Generator, event: np.ndarray, mean: float) -> np.ndarray:
    """Draw how many seconds (n,) after its event's beginning each row is, with exponential pauses of `mean` seconds.

    The rows of an event stand together.
    """
    if not len(event):
        return np.zeros(0)

    elapsed = np.cumsum(generator.exponential(mean, len(event)))
    is_first = np.r_[True, np.diff(event) != 0]
    elapsed_before = np.r_[0.0, elapsed[:-1]]
    beginning = np.maximum.accumulate(np.where(is_first, elapsed_before, 0.0))
    return np.asarray(elapsed - beginning)
