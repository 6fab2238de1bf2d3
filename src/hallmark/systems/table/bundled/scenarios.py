"""What thieves do, in three ways: each looks honest in one transaction, and less so in the card's sequence."""

import numpy as np
import pandas as pd

from hallmark.systems.table.bundled.population import AROUND, NEARBY, World
from hallmark.systems.table.bundled.spending import DAY, HOUR, draw_amounts, draw_pauses

_MOST_COPIED = 12  # cards, at one compromised terminal


def stolen(world: World, generator: np.random.Generator, *, days: int, rows: float) -> pd.DataFrame:
    """A stolen card: a burst of dear purchases within hours, not far from where its owner shops, until it is blocked.

    Young people lose cards more often. Fewer cards are stolen as the months go by, and thieves grow careful: early ones
    spend about three and a half times what the owner would, late ones about one and a half times.
    """
    is_young = world.customers["age"].to_numpy() < 30
    cards = _draw_cards(world, generator, int(rows / 4), weight=1.0 + 0.5 * is_young)
    start = _draw_days(generator, len(cards), days, early=True)
    event = np.repeat(np.arange(len(cards)), 1 + generator.geometric(1 / 3, len(cards)))  # the card of each purchase
    purchase = np.arange(len(event))

    # Each purchase is at the dearer of two terminals in the neighbourhood of one of the owner's favourites.
    favourite = world.favourites[cards, generator.integers(0, world.favourites.shape[1], len(cards))]
    neighbour = world.around[favourite[event], generator.integers(0, AROUND, len(event))]
    candidates = world.around[neighbour][purchase[:, None], generator.integers(0, AROUND, (len(event), 2))]
    dearer = world.median_amount[candidates].argmax(axis=1)
    frauds = pd.DataFrame(
        {
            "customer": cards[event],
            "seconds": start[event] * DAY + draw_pauses(generator, event, 0.8 * HOUR),
            "terminal": candidates[purchase, dearer],
        }
    )

    greed = 3.5 - 2.0 * np.clip(start[event] / days, 0, 1)  # a factor on what the owner would spend
    return frauds.assign(amount=draw_amounts(world, generator, frauds) * greed, scenario="stolen card")


def skimmed(
    world: World, generator: np.random.Generator, purchases: pd.DataFrame, *, days: int, rows: float
) -> pd.DataFrame:
    """A compromised terminal: cards used there within some days are copied, and abused 2 to 21 days later.

    The thief tries the copy with a tiny purchase online and then buys goods online that the owner could have bought.
    The data does not name the compromised terminal: what a model can see is the trial, the new shops and the pace.
    """
    count = max(3, int(rows / 25))
    terminals = purchases["terminal"].to_numpy()[generator.integers(0, len(purchases), count)]  # popular ones rather
    first_day = _draw_days(generator, count, days, early=False)
    last_day = first_day + generator.uniform(5, 14, count)

    copied = []
    for terminal, first, last in zip(terminals, first_day, last_day, strict=True):
        is_in_window = purchases["seconds"].between(first * DAY, last * DAY)
        at_terminal = purchases[(purchases["terminal"] == terminal) & is_in_window]
        copied.append(at_terminal.drop_duplicates("customer")[:_MOST_COPIED])
    victims = pd.concat(copied)
    victims = victims.iloc[generator.permutation(len(victims))[: int(rows / 3.5)]]
    start = victims["seconds"].to_numpy() + generator.uniform(2, 21, len(victims)) * DAY
    return _abuse_copies(world, generator, victims["customer"].to_numpy(), start)


def _abuse_copies(world: World, generator: np.random.Generator, cards: np.ndarray, start: np.ndarray) -> pd.DataFrame:
    """Draw what is bought with copies of `cards` (customers' rows), from `start` on, in seconds."""
    event = np.repeat(np.arange(len(cards)), 2 + generator.geometric(1 / 2.5, len(cards)))  # the card of each purchase
    is_trial = np.r_[True, np.diff(event) != 0] if len(event) else np.zeros(0, bool)
    seconds = start[event] + draw_pauses(generator, event, 3 * HOUR)
    shops = generator.choice(world.online_terminals, len(event))
    frauds = pd.DataFrame({"customer": cards[event], "seconds": seconds, "terminal": shops})

    trial_amounts = generator.uniform(0.5, 5.0, len(event))
    later_amounts = draw_amounts(world, generator, frauds) * 1.6
    return frauds.assign(amount=np.where(is_trial, trial_amounts, later_amounts), scenario="compromised terminal")


def takeover(world: World, generator: np.random.Generator, *, days: int, rows: float) -> pd.DataFrame:
    """A slow account takeover: over three to six weeks small purchases mix in, ever more, elsewhere and at other hours.

    Old people are hit more often. Takeovers become more common as the months go by.
    """
    is_old = world.customers["age"].to_numpy() >= 60
    cards = _draw_cards(world, generator, max(1, int(rows / 15)), weight=1.0 + 1.0 * is_old)
    start = _draw_days(generator, len(cards), days, early=False)
    duration = generator.uniform(21, 42, len(cards))  # days
    event = np.repeat(np.arange(len(cards)), generator.poisson(15, len(cards)))  # the card of each purchase
    size = len(event)

    day = np.floor(start[event] + duration[event] * np.sqrt(generator.random(size)))  # ever more of them
    usual_hour = world.hour[cards] + generator.normal(8, 2, len(cards))  # the thief's, far from the owner's
    hour = usual_hour[event] + generator.normal(0, 1.5, size)
    neighbour = world.nearby[cards, generator.integers(0, NEARBY, len(cards))]
    places = world.around[neighbour][:, 10:13]  # three in the area
    shops = generator.choice(world.online_terminals, (len(cards), 2))
    terminal = np.concatenate([places, shops], axis=1)[event, generator.integers(0, 5, size)]

    frauds = pd.DataFrame({"customer": cards[event], "seconds": day * DAY + (hour % 24) * HOUR, "terminal": terminal})
    return frauds.assign(amount=generator.lognormal(np.log(14), 0.6, size), scenario="account takeover")


def _draw_cards(world: World, generator: np.random.Generator, count: int, *, weight: np.ndarray) -> np.ndarray:
    """Draw at most `count` different customers (rows), by `weight` (C,)."""
    count = min(count, len(weight))
    return generator.choice(len(world.rate), count, replace=False, p=weight / weight.sum())


def _draw_days(generator: np.random.Generator, count: int, days: int, *, early: bool) -> np.ndarray:
    """Draw days, with fractions, whose density runs in a straight line from 1.4 to 0.6 of the mean, or back.

    `early`: it falls, so that more of them are early.
    """
    uniform = generator.random(count)
    falling = (1.4 - np.sqrt(1.96 - 1.6 * uniform)) / 0.8
    return days * (falling if early else 1 - falling)
