"""What thieves do, in three ways; each looks like honest spending in one transaction and less so in the card's
sequence.
"""

import numpy as np
import pandas as pd

from hallmark.systems.table.bundled.population import AROUND, World
from hallmark.systems.table.bundled.spending import DAY, HOUR, amounts, pauses

_COPIED = 12  # cards copied at one compromised terminal, at most


def stolen(world: World, generator: np.random.Generator, *, days: int, rows: float) -> pd.DataFrame:
    """A stolen card: a burst of dear purchases within hours, not far from where its owner shops, until it is blocked.

    Young people lose cards more often. Fewer cards are stolen as the months go by, and thieves grow careful: early ones
    spend about three and a half times what the owner would, late ones about one and a half times.
    """
    cards = _pick(world, generator, int(rows / 4), 1.0 + 0.5 * (world.customers["age"].to_numpy() < 30))
    start = _day(generator, len(cards), days, early=True)
    event = np.repeat(np.arange(len(cards)), 1 + generator.geometric(1 / 3, len(cards)))
    place = world.favourites[cards, generator.integers(0, world.favourites.shape[1], len(cards))]
    near = world.around[world.around[place[event], generator.integers(0, AROUND, len(event))]]
    candidates = near[np.arange(len(event))[:, None], generator.integers(0, AROUND, (len(event), 2))]
    dearest = world.median_amount[candidates].argmax(axis=1)
    frauds = pd.DataFrame(
        {
            "customer": cards[event],
            "seconds": start[event] * DAY + pauses(generator, event, 0.8 * HOUR),
            "terminal": candidates[np.arange(len(event)), dearest],
        }
    )
    greed = 3.5 - 2.0 * np.clip(start[event] / days, 0, 1)
    return frauds.assign(amount=amounts(world, generator, frauds) * greed, scenario="stolen card")


def skimmed(
    world: World, generator: np.random.Generator, purchases: pd.DataFrame, *, days: int, rows: float
) -> pd.DataFrame:
    """A compromised terminal: cards used there in a window of some days are copied, and abused 2 to 21 days
    later.

    The thief tries the copy with a tiny purchase online and then buys goods online that the owner could have
    bought. Which terminal was compromised is not told: what a model can see is the trial, the new shops and the
    pace.
    """
    count = max(3, int(rows / 25))
    popular = purchases["terminal"].to_numpy()[generator.integers(0, len(purchases), count)]
    opening = _day(generator, count, days, early=False)
    window = opening + generator.uniform(5, 14, count)
    copied = []
    for terminal, first, last in zip(popular, opening, window, strict=True):
        seen = purchases[(purchases["terminal"] == terminal) & purchases["seconds"].between(first * DAY, last * DAY)]
        copied.append(seen.drop_duplicates("customer")[:_COPIED])
    victims = pd.concat(copied)
    victims = victims.iloc[generator.permutation(len(victims))[: int(rows / 3.5)]]
    begin = victims["seconds"].to_numpy() + generator.uniform(2, 21, len(victims)) * DAY
    return _abuse(world, generator, victims["customer"].to_numpy(), begin)


def _abuse(world: World, generator: np.random.Generator, cards: np.ndarray, begin: np.ndarray) -> pd.DataFrame:
    event = np.repeat(np.arange(len(cards)), 2 + generator.geometric(1 / 2.5, len(cards)))
    trial = np.r_[True, np.diff(event) != 0] if len(event) else np.zeros(0, bool)
    seconds = begin[event] + pauses(generator, event, 3 * HOUR)
    shops = world.online_terminals
    frauds = pd.DataFrame(
        {"customer": cards[event], "seconds": seconds, "terminal": generator.choice(shops, len(event))}
    )
    tiny = generator.uniform(0.5, 5.0, len(event))
    return frauds.assign(
        amount=np.where(trial, tiny, amounts(world, generator, frauds) * 1.6), scenario="compromised terminal"
    )


def takeover(world: World, generator: np.random.Generator, *, days: int, rows: float) -> pd.DataFrame:
    """A slow account takeover: over three to six weeks small purchases mix in, ever more, at other places and
    other hours.

    Old people are hit more often. Takeovers become more common as the months go by.
    """
    cards = _pick(world, generator, max(1, int(rows / 15)), 1.0 + 1.0 * (world.customers["age"].to_numpy() >= 60))
    start, length = _day(generator, len(cards), days, early=False), generator.uniform(21, 42, len(cards))
    event = np.repeat(np.arange(len(cards)), generator.poisson(15, len(cards)))
    size = len(event)
    day = np.floor(start[event] + length[event] * np.sqrt(generator.random(size)))  # ever more of them
    hour = (world.hour[cards] + generator.normal(8, 2, len(cards)))[event] + generator.normal(0, 1.5, size)
    haunts = world.around[world.nearby[cards, generator.integers(0, 60, len(cards))]][:, 10:13]  # 3 places in the area
    shops = generator.choice(world.online_terminals, (len(cards), 2))
    terminal = np.concatenate([haunts, shops], axis=1)[event, generator.integers(0, 5, size)]
    frauds = pd.DataFrame({"customer": cards[event], "seconds": day * DAY + (hour % 24) * HOUR, "terminal": terminal})
    return frauds.assign(amount=generator.lognormal(np.log(14), 0.6, size), scenario="account takeover")


def _pick(world: World, generator: np.random.Generator, count: int, weight: np.ndarray) -> np.ndarray:
    count = min(count, len(weight))
    return generator.choice(len(world.rate), count, replace=False, p=weight / weight.sum())


def _day(generator: np.random.Generator, count: int, days: int, *, early: bool) -> np.ndarray:
    """Days (fractions too) whose density falls (`early`) or rises in a straight line from 1.4 to 0.6 of the
    mean, or back.
    """
    uniform = generator.random(count)
    falling = (1.4 - np.sqrt(1.96 - 1.6 * uniform)) / 0.8
    return days * (falling if early else 1 - falling)
