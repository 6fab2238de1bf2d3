"""The bundled source: a simulator of viewers of films and series, which writes a service's files.

Users (age, gender, tastes) arrive over time and watch in sessions, each in a mood for one genre.
The next item depends on its popularity (Zipf 1949), which is higher after its release; on the
user's tastes; on the session's mood; and on series: who has seen a part wants the next one, most at
once and for some items after. Some items are released during the simulation. Nobody watches an item
twice.

A model can learn tastes from any set of items, the mood from the last few, and from their order
which part of a series comes next. It can't be perfect, since choices are random. Gender has no
effect at all: a gap between the genders is chance. Ratings follow the same tastes, and no method
reads them.
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.recommendation.bundled.behaviour import watch
from hallmark.systems.recommendation.bundled.world import populate
from hallmark.systems.recommendation.config import Raw

_FIRST_DAY = pd.Timestamp("2024-01-01")
_SOURCE = Source(
    title="Simulated viewing",
    origin="the bundled simulator hallmark.systems.recommendation.bundled: users, items, tastes, sessions and series",
    licence="Apache-2.0, as this project",
    simulated=True,
    entity="user",
)


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write interactions.csv, users.csv, items.csv and source.json into `folder`.

    Raises `InputError` on too few users, items or days.
    """
    for key, value, least in (("users", raw.users, 20), ("items", raw.items, 100), ("days", raw.days, 28)):
        if value < least:
            raise InputError(f"raw.{key} is {value}: the simulator needs at least {least}")

    generator = np.random.default_rng(seed)
    world = populate(generator, users=raw.users, items=raw.items, days=raw.days)
    views = watch(world, generator)
    seconds = (views["day"] * 86_400).round()
    time = (_FIRST_DAY + pd.to_timedelta(seconds, unit="s")).astype("datetime64[s]")
    interactions = pd.DataFrame(
        {
            "user": world.users["user"].to_numpy()[views["user"]],
            "item": world.items["item"].to_numpy()[views["item"]],
            "time": time.dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "rating": views["rating"],
        }
    )

    folder.mkdir(parents=True, exist_ok=True)
    interactions.to_csv(folder / "interactions.csv", index=False)
    world.users.to_csv(folder / "users.csv", index=False)
    world.items.to_csv(folder / "items.csv", index=False)
    (folder / "source.json").write_text(json.dumps(asdict(_SOURCE), indent=2) + "\n", encoding="utf-8")
