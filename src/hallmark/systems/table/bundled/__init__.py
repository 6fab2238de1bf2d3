"""The bundled source: a simulator of cards and thieves that writes the files a bank would hand over.

Customers (age, region, home, wealth, daily rhythm, favourite shops) pay by one card each at terminals (place,
category, some of which open later). Purchases follow the week and the customer's hours; people travel, run
errands in bursts and make the odd big purchase, so that no single sign proves fraud. About one transaction in a
hundred is a fraud of one of three scenarios (`scenarios`): stolen card, compromised terminal, slow account
takeover. Over the months stolen cards become rarer and thieves more careful, takeovers and online shopping more
common, and new terminals open: the concept changes.

What can be known: each scenario shows in how a card's transactions follow each other and differ from its
habits. What cannot: one fraud in twenty is never reported and stays labelled genuine, frauds share the owner's
terminals and amounts in part, and the compromised terminals are not named. A perfect score is therefore
impossible. The column `scenario` in the raw file is the simulator's truth, for people who look into errors; no
model reads it.
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.table.bundled import scenarios
from hallmark.systems.table.bundled.population import World, populate
from hallmark.systems.table.bundled.spending import DAY, spend
from hallmark.systems.table.config import Raw

_FIRST_DAY = pd.Timestamp("2024-01-01")  # a Monday
_SHARES = {"stolen": 0.004, "skimmed": 0.0035, "takeover": 0.003}  # frauds for each genuine transaction
_UNREPORTED = 0.05
_SOURCE = Source(
    title="Simulated card transactions",
    # `embedded` is the former name of `bundled`. Another text would change the raw data's digest, and
    # everything would have to be trained anew.
    origin="the embedded simulator hallmark.systems.table.embedded: customers, terminals and three fraud scenarios",
    licence="Apache-2.0, as this project",
    simulated=True,
    entity="card",
)


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write transactions.parquet, customers.csv, terminals.csv and source.json into `folder`.

    Raises `InputError` on a world that is too small to have neighbours.
    """
    needed = (("customers", raw.customers, 20), ("terminals", raw.terminals, 100), ("days", raw.days, 14))
    for key, value, least in needed:
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
    """Return all transactions in order of time.

    Columns: transaction, time, card, terminal, amount (EUR), fraud (0 or 1, as it was reported), scenario (the truth).
    """
    genuine = spend(world, generator, days=days)
    rows = {name: share * len(genuine) for name, share in _SHARES.items()}
    stolen = scenarios.stolen(world, generator, days=days, rows=rows["stolen"])
    skimmed = scenarios.skimmed(world, generator, genuine, days=days, rows=rows["skimmed"])
    takeover = scenarios.takeover(world, generator, days=days, rows=rows["takeover"])

    events = pd.concat([genuine.assign(scenario="genuine"), stolen, skimmed, takeover], ignore_index=True)
    events = events[events["seconds"] < days * DAY].sort_values("seconds", ignore_index=True)
    is_fraud = events["scenario"] != "genuine"
    is_reported = generator.random(len(events)) >= _UNREPORTED
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
