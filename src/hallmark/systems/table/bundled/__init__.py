"""The bundled source: a simulator of cards and thieves, which writes a bank's files.

Each customer (age, region, home, spending, usual hour, favourite terminals) has one card and pays
at terminals (place, category; some open later). Purchases follow the week and the customer's hours.
Customers also travel, run errands in bursts and make a large purchase now and then, so that no
single sign proves fraud. About one transaction in a hundred is fraud, by one of three scenarios
(`scenarios`): stolen card, compromised terminal, slow account takeover. Over the months the concept
changes: stolen cards become rarer and thieves more careful, takeovers and online shopping become
more common, and new terminals open.

A model can learn each scenario from how a card's transactions follow each other and differ from its
habits. It can't be perfect: one fraud in twenty is never reported and stays labelled genuine,
frauds share some of the owner's terminals and amounts, and the data does not name the compromised
terminals. The column `scenario` of the raw file is the simulator's truth, for people who look into
errors; no model reads it.
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.table.bundled import scenarios
from hallmark.systems.table.bundled.customers import World, populate
from hallmark.systems.table.bundled.spending import DAY, spend
from hallmark.systems.table.config import Raw

_FIRST_DAY = pd.Timestamp("2024-01-01")  # a Monday
# Expected frauds for each genuine transaction:
_STOLEN_SHARE = 0.004
_COPIED_SHARE = 0.0035
_TAKEOVER_SHARE = 0.003
_UNREPORTED_SHARE = 0.05  # of the frauds, which stay labelled genuine
_SOURCE = Source(
    title="Simulated card transactions",
    origin="the bundled simulator hallmark.systems.table.bundled: customers, terminals and three fraud scenarios",
    licence="Apache-2.0, as this project",
    simulated=True,
    entity="card",
)


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write transactions.parquet, customers.csv, terminals.csv and source.json into `folder`.

    Raises `InputError` on too few customers, terminals or days: `World` needs as many neighbours as
    it lists.
    """
    minimums = (("customers", raw.customers, 20), ("terminals", raw.terminals, 100), ("days", raw.days, 14))
    for key, value, least in minimums:
        if value < least:
            raise InputError(f"raw.{key} is {value}: the simulator needs at least {least}")

    generator = np.random.default_rng(seed)
    world = populate(generator, customers=raw.customers, terminals=raw.terminals, days=raw.days)
    transactions = simulate(world, generator, days=raw.days)

    folder.mkdir(parents=True, exist_ok=True)
    transactions.to_parquet(folder / "transactions.parquet", index=False)
    world.customers.to_csv(folder / "customers.csv", index=False)
    world.terminals.to_csv(folder / "terminals.csv", index=False)
    (folder / "source.json").write_text(json.dumps(asdict(_SOURCE), indent=2) + "\n")


def simulate(world: World, generator: np.random.Generator, *, days: int) -> pd.DataFrame:
    """Sample all transactions of `days` days, in order of time.

    Columns: transaction, time, card, terminal, amount (EUR), fraud (1 where it was reported, else
    0) and scenario (the truth: "genuine" or the name of a fraud scenario).
    """
    genuine = spend(world, generator, days=days)
    count = len(genuine)
    stolen = scenarios.sample_stolen_cards(world, generator, days=days, expected_count=_STOLEN_SHARE * count)
    copied = scenarios.sample_copied_cards(world, generator, genuine, days=days, expected_count=_COPIED_SHARE * count)
    takeovers = scenarios.sample_takeovers(world, generator, days=days, expected_count=_TAKEOVER_SHARE * count)

    events = pd.concat([genuine.assign(scenario="genuine"), stolen, copied, takeovers], ignore_index=True)
    events = events[events["seconds"] < days * DAY].sort_values("seconds", ignore_index=True)
    is_fraud = events["scenario"] != "genuine"
    is_reported = generator.random(len(events)) >= _UNREPORTED_SHARE
    time = _FIRST_DAY + pd.to_timedelta(events["seconds"].round(), unit="s")
    return pd.DataFrame(
        {
            "transaction": [f"x{number:07d}" for number in range(len(events))],
            "time": time.astype("datetime64[s]"),
            "card": world.customers["card"].to_numpy()[events["customer"]],
            "terminal": world.terminals["terminal"].to_numpy()[events["terminal"]],
            "amount": np.clip(events["amount"], 0.5, 9_999.0).round(2),
            "fraud": (is_fraud & is_reported).astype(int),
            "scenario": events["scenario"],
        }
    )
