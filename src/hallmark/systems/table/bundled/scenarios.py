"""Fraud scenarios: three ways in which thieves spend.

A single fraudulent transaction looks honest in each of them; the card's sequence looks less so.
Each function returns a table with the columns customer (row), seconds since the first midnight,
terminal (row), amount (EUR) and scenario. Its `expected_count` is about how many frauds it samples.
"""

import numpy as np
import pandas as pd

from hallmark.systems.table.bundled.customers import NEAR_HOME, NEAR_TERMINAL, World
from hallmark.systems.table.bundled.spending import DAY, HOUR, sample_amounts, sample_delays

_MOST_COPIED = 12  # cards, at one compromised terminal


def sample_stolen_cards(
    world: World, generator: np.random.Generator, *, days: int, expected_count: float
) -> pd.DataFrame:
    """Stolen cards: a burst of expensive purchases within hours, until the card is blocked.

    They are made not far from where the owner shops. Customers under 30 lose cards more often. Over
    the months fewer cards are stolen, and thieves grow careful: early ones spend 3.5 times what the
    owner would, late ones 1.5 times.
    """
    is_young = world.customers["age"].to_numpy() < 30
    card_count = int(expected_count / 4)  # a stolen card has four purchases on average
    cards = _sample_cards(world, generator, card_count, weight=1.0 + 0.5 * is_young)
    start = _sample_days(generator, len(cards), days, more_early=True)
    purchase_count = 1 + generator.geometric(1 / 3, len(cards))
    event = np.repeat(np.arange(len(cards)), purchase_count)  # each purchase's position in `cards`
    purchase = np.arange(len(event))

    # Each purchase is made at the more expensive of two terminals around one of the owner's favourites.
    favourite_number = generator.integers(0, world.favourites.shape[1], len(cards))
    favourite = world.favourites[cards, favourite_number]
    neighbour_number = generator.integers(0, NEAR_TERMINAL, len(event))
    neighbour = world.near_terminal[favourite[event], neighbour_number]
    candidate_numbers = generator.integers(0, NEAR_TERMINAL, (len(event), 2))
    candidates = world.near_terminal[neighbour][purchase[:, None], candidate_numbers]
    more_expensive = world.median_amount[candidates].argmax(axis=1)
    frauds = pd.DataFrame(
        {
            "customer": cards[event],
            "seconds": start[event] * DAY + sample_delays(generator, event, mean_pause=0.8 * HOUR),
            "terminal": candidates[purchase, more_expensive],
        }
    )

    greed = 3.5 - 2.0 * np.clip(start[event] / days, 0, 1)  # factor on what the owner would spend
    amount = sample_amounts(world, generator, frauds) * greed
    return frauds.assign(amount=amount, scenario="stolen card")


def sample_copied_cards(
    world: World,
    generator: np.random.Generator,
    purchases: pd.DataFrame,
    *,
    days: int,
    expected_count: float,
) -> pd.DataFrame:
    """Compromised terminals: cards used there are copied, and used 2 to 21 days later.

    A terminal copies for 5 to 14 days, at most `_MOST_COPIED` cards. `purchases` are the genuine
    ones of `spending.spend`. The data does not name the compromised terminals: what a model can see
    of a copy is the trial, the new shops and the pace (see `_spend_copies`).
    """
    terminal_count = max(3, int(expected_count / 25))
    purchase = generator.integers(0, len(purchases), terminal_count)  # so that busy terminals are likelier
    terminals = purchases["terminal"].to_numpy()[purchase]
    first_day = _sample_days(generator, terminal_count, days, more_early=False)
    last_day = first_day + generator.uniform(5, 14, terminal_count)

    copied = []
    for terminal, first, last in zip(terminals, first_day, last_day, strict=True):
        is_in_window = purchases["seconds"].between(first * DAY, last * DAY)
        at_terminal = purchases[(purchases["terminal"] == terminal) & is_in_window]
        copied.append(at_terminal.drop_duplicates("customer")[:_MOST_COPIED])

    copies = pd.concat(copied)
    used_count = int(expected_count / 3.5)
    copies = copies.iloc[generator.permutation(len(copies))[:used_count]]
    delay = generator.uniform(2, 21, len(copies))  # days
    start = copies["seconds"].to_numpy() + delay * DAY
    return _spend_copies(world, generator, copies["customer"].to_numpy(), start)


def _spend_copies(world: World, generator: np.random.Generator, cards: np.ndarray, start: np.ndarray) -> pd.DataFrame:
    """Sample what is bought with copies of `cards` (k,), from `start` (k,) seconds on.

    `cards` are customers' rows. The thief tries the copy with a tiny purchase online, then buys
    what the owner could have bought, online and 1.6 times as much.
    """
    purchase_count = 2 + generator.geometric(1 / 2.5, len(cards))
    event = np.repeat(np.arange(len(cards)), purchase_count)  # each purchase's position in `cards`
    is_trial = np.diff(event, prepend=-1) != 0  # the first purchase of each card
    seconds = start[event] + sample_delays(generator, event, mean_pause=3 * HOUR)
    shops = generator.choice(world.online_terminals, len(event))
    frauds = pd.DataFrame({"customer": cards[event], "seconds": seconds, "terminal": shops})

    trial_amounts = generator.uniform(0.5, 5.0, len(event))
    later_amounts = sample_amounts(world, generator, frauds) * 1.6
    amount = np.where(is_trial, trial_amounts, later_amounts)
    return frauds.assign(amount=amount, scenario="compromised terminal")


def sample_takeovers(world: World, generator: np.random.Generator, *, days: int, expected_count: float) -> pd.DataFrame:
    """Account takeovers: for 3 to 6 weeks, more and more small purchases of a thief mix in.

    The thief buys at five terminals of their own and at other hours than the owner. Customers of 60
    years or more are hit more often. Over the months takeovers become more common.
    """
    is_old = world.customers["age"].to_numpy() >= 60
    card_count = max(1, int(expected_count / 15))  # 15 purchases on average
    cards = _sample_cards(world, generator, card_count, weight=1.0 + 1.0 * is_old)
    start = _sample_days(generator, len(cards), days, more_early=False)
    duration = generator.uniform(21, 42, len(cards))  # days
    purchase_count = generator.poisson(15, len(cards))
    event = np.repeat(np.arange(len(cards)), purchase_count)  # each purchase's position in `cards`
    size = len(event)

    # The root of a uniform number has a density that grows in a straight line.
    day = np.floor(start[event] + duration[event] * np.sqrt(generator.random(size)))
    thief_hour = world.usual_hour[cards] + generator.normal(8, 2, len(cards))  # hours of the day
    hour = thief_hour[event] + generator.normal(0, 1.5, size)

    neighbour = world.near_home[cards, generator.integers(0, NEAR_HOME, len(cards))]
    places = world.near_terminal[neighbour][:, 10:13]  # three in the owner's area
    shops = generator.choice(world.online_terminals, (len(cards), 2))
    thief_terminals = np.concatenate([places, shops], axis=1)
    terminal = thief_terminals[event, generator.integers(0, 5, size)]

    seconds = day * DAY + (hour % 24) * HOUR
    frauds = pd.DataFrame({"customer": cards[event], "seconds": seconds, "terminal": terminal})
    return frauds.assign(amount=generator.lognormal(np.log(14), 0.6, size), scenario="account takeover")


def _sample_cards(world: World, generator: np.random.Generator, count: int, *, weight: np.ndarray) -> np.ndarray:
    """Sample `count` different customers (rows) with probabilities proportional to `weight` (C,).

    Where there are fewer customers than `count`, all are returned.
    """
    count = min(count, len(weight))
    return generator.choice(len(world.purchase_rate), count, replace=False, p=weight / weight.sum())


def _sample_days(generator: np.random.Generator, count: int, days: int, *, more_early: bool) -> np.ndarray:
    """Sample days (count,) from 0 to `days`, with fractions.

    With `more_early`, their density falls in a straight line from 1.4 to 0.6 times its mean;
    without, it rises from 0.6 to 1.4.
    """
    uniform = generator.random(count)
    falling = (1.4 - np.sqrt(1.96 - 1.6 * uniform)) / 0.8  # the inverse of the falling density's integral
    return days * (falling if more_early else 1 - falling)
