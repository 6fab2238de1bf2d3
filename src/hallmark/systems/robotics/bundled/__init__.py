"""The bundled source: demonstrations by an expert on simulated robots, each with physics and
sensors of its own.

The robot is Gymnasium's Pendulum-v1: its motor is too weak to lift the rod at once, so that it must
swing the rod up and then balance it. Every episode is another robot, with its own payload,
friction, kind of sensors and noise. The demonstrator (`expert`) knows these and the true state; the
log has the sensors' readings and the torque it chose.

A policy that is cloned from undisturbed demonstrations never sees how to recover from its own
mistakes (Ross & Bagnell 2010). The demonstrations therefore start at any angle and rate, and are
pushed harder than robots are later, as Laskey et al. 2017, "DART", add noise to demonstrations.

A policy can learn payload and friction from how the robot moves, and can average noise over the
last readings. It can't know the pushes to come nor, from noisy or sticking sensors, the exact
state: no policy that reads sensors alone reaches the expert's actions exactly.
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.robotics.bundled import expert
from hallmark.systems.robotics.bundled.driving import drive
from hallmark.systems.robotics.bundled.plant import ACTION, KINDS, MAX_RATE, SENSORS, Settings
from hallmark.systems.robotics.config import Raw

# Settings are uniform between these bounds:
_PAYLOADS = (0.0, 0.3)  # kg
_FRICTIONS = (0.0, 0.15)  # N m s/rad
_NOISE_FACTORS = (0.5, 1.5)  # on the noise of the sensor's kind
_PUSH_FACTOR = 4.0  # on the torque of pushes in demonstrations; in evaluation it is 1
_SOURCE = Source(
    title="Simulated swing-up of pendulums with many payloads, frictions and sensor faults",
    origin="the bundled simulator hallmark.systems.robotics.bundled, after Gymnasium's Pendulum-v1",
    licence="Apache-2.0, as this project",
    simulated=True,
    entity="episode",
)


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write logs.parquet (a row for each step), episodes.csv (the settings of each) and source.json
    into `folder`.

    Raises `InputError` on fewer than ten episodes or steps.
    """
    episodes = raw.episodes
    steps = raw.steps
    for key, value in (("episodes", episodes), ("steps", steps)):
        if value < 10:
            raise InputError(f"raw.{key} is {value}: at least 10 are needed")

    generator = np.random.default_rng(seed)
    settings = sample_settings(generator, episodes)
    start = generator.uniform([-np.pi, -MAX_RATE], [np.pi, MAX_RATE], (episodes, 2))
    demonstrations = drive(
        settings,
        lambda robots, _: expert.torque(robots.state, robots.settings),
        steps=steps,
        seed=seed,
        push_factor=_PUSH_FACTOR,
        start=start,
    )

    names = np.array([f"e{number:05d}" for number in range(episodes)])
    logs = pd.DataFrame({"episode": names.repeat(steps), "step": np.tile(np.arange(steps), episodes)})
    logs[list(SENSORS)] = demonstrations.observations.swapaxes(0, 1).reshape(-1, len(SENSORS))
    logs[ACTION] = demonstrations.actions.T.ravel().astype(np.float32)

    folder.mkdir(parents=True, exist_ok=True)
    logs.to_parquet(folder / "logs.parquet", index=False)
    pd.DataFrame({"episode": names, **vars(settings)}).to_csv(folder / "episodes.csv", index=False)
    (folder / "source.json").write_text(json.dumps(asdict(_SOURCE), indent=2) + "\n")


def sample_settings(generator: np.random.Generator, robots: int) -> Settings:
    """Sample the settings of this many robots. Continuous settings keep any two from being alike."""
    payload = generator.uniform(*_PAYLOADS, robots).round(4)
    friction = generator.uniform(*_FRICTIONS, robots).round(4)
    noise = generator.uniform(*_NOISE_FACTORS, robots).round(4)
    sensor = generator.choice(KINDS, robots)
    return Settings(payload, friction, sensor, noise)
