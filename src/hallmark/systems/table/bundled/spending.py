"""What honest customers do: when, where and how much they spend."""

import numpy as np
import pandas as pd

from hallmark.systems.table.bundled.population import AROUND, FAVOURITES, NEARBY, World

DAY, HOUR = 86_400.0, 3_600.0
_WEEK = np.array([0.9, 0.9, 0.95, 1.0, 1.25, 1.3, 0.7])  # Monday to Sunday
_FAVOUR = np.cumsum(1 / np.arange(1, FAVOURITES + 1)) / np.sum(1 / np.arange(1, FAVOURITES + 1))


def spend(world: World, generator: np.random.Generator, *, days: int) -> pd.DataFrame:
    """Draw genuine purchases: customer (row), seconds since the first midnight (a Monday), terminal (row),
    amount (EUR).
    """
    customer = np.repeat(np.arange(len(world.rate)), generator.poisson(world.rate * days))
    week = _WEEK[np.arange(days) % 7] / _WEEK[np.arange(days) % 7].sum()
    day = generator.choice(days, len(customer), p=week)
    # The merchant mix changes for everybody: half as much again is bought online at the end as at the beginning.
    online = generator.random(len(customer)) < np.clip(world.online[customer] * (1 + 0.5 * day / days), 0, 0.95)
    terminal = _terminals(world, generator, customer, day, online=online)
    hour = generator.normal(world.hour[customer] + 4.0 * online, 3.0) % 24
    first = pd.DataFrame({"customer": customer, "seconds": day * DAY + hour * HOUR, "terminal": terminal})
    purchases = pd.concat([first, _errands(world, generator, first[~online])], ignore_index=True)
    chosen, opened = purchases["terminal"].to_numpy(), world.terminals["opened"].to_numpy()
    closed = opened[chosen] * DAY > purchases["seconds"].to_numpy()
    purchases["terminal"] = np.where(closed, world.substitute[chosen], chosen)
    purchases["amount"] = amounts(world, generator, purchases)
    return purchases[purchases["seconds"] < days * DAY]


def amounts(world: World, generator: np.random.Generator, purchases: pd.DataFrame) -> np.ndarray:
    """Draw the amounts (n,) that the customers themselves would spend at these terminals; one in eighty is a
    big purchase.
    """
    usual = world.median_amount[purchases["terminal"]] * world.wealth[purchases["customer"]]
    big = np.where(generator.random(len(purchases)) < 1 / 80, generator.uniform(3, 9, len(purchases)), 1.0)
    return np.asarray(usual * big * generator.lognormal(0.0, 0.55, len(purchases)))


def _terminals(
    world: World, generator: np.random.Generator, customer: np.ndarray, day: np.ndarray, *, online: np.ndarray
) -> np.ndarray:
    """A favourite mostly, now and then another place near home; on a trip, any place near where the trip goes."""
    count, (start, length, target) = len(customer), _trips(world, generator, int(day.max(initial=0)) + 1)
    terminal = world.favourites[customer, np.searchsorted(_FAVOUR, generator.random(count))]
    near = world.nearby[customer, generator.integers(0, NEARBY, count)]
    terminal = np.where(generator.random(count) < 0.15, near, terminal)
    for trip in range(start.shape[1]):
        away = (day >= start[customer, trip]) & (day < (start + length)[customer, trip])
        there = world.around[target[customer, trip], generator.integers(0, AROUND, count)]
        terminal = np.where(away, there, terminal)
    shop = world.shops[customer, generator.integers(0, world.shops.shape[1], count)]
    other = generator.choice(world.online_terminals, count)
    return np.where(online, np.where(generator.random(count) < 0.2, other, shop), terminal)


def _trips(world: World, generator: np.random.Generator, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two trips each, of 2 to 9 days, to a place anywhere; some begin before the first day or after the last."""
    shape = (len(world.rate), 2)
    start = generator.integers(-days // 2, days + days // 2, shape)
    return start, generator.integers(2, 10, shape), generator.integers(0, len(world.terminals), shape)


def _errands(world: World, generator: np.random.Generator, first: pd.DataFrame) -> pd.DataFrame:
    """Who is in town buys again next door: honest bursts, so that speed alone is no proof of fraud."""
    again = first[generator.random(len(first)) < 0.2]
    again = again.loc[again.index.repeat(generator.geometric(0.6, len(again)))]
    neighbour = world.around[again["terminal"], generator.integers(0, 6, len(again))]
    delay = pauses(generator, again.index.to_numpy(), 0.6 * HOUR)
    return again.assign(seconds=again["seconds"] + delay, terminal=neighbour)


def pauses(generator: np.random.Generator, event: np.ndarray, mean: float) -> np.ndarray:
    """Seconds (n,) since the event's beginning of each of its rows, with exponential pauses; equal events stand
    together.
    """
    if not len(event):
        return np.zeros(0)
    elapsed = np.cumsum(generator.exponential(mean, len(event)))
    begins = np.r_[True, np.diff(event) != 0]
    return np.asarray(elapsed - np.maximum.accumulate(np.where(begins, np.r_[0.0, elapsed[:-1]], 0.0)))
