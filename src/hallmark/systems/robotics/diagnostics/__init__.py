"""The closed loop: every policy drives the simulated robots of the test split, whose settings none
of them has seen.

The offline error of actions says little about how a policy drives, since its actions decide what it
reads next. Starts, pushes and noise are the same for all policies, so that every comparison is
paired.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hallmark.answers.action.decoding import answer
from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, SCORE, WEIGHT
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.metrics import METRICS, Measurement
from hallmark.report_figures import ReportFigure
from hallmark.systems.robotics import config
from hallmark.systems.robotics.bundled import expert
from hallmark.systems.robotics.bundled.driving import Drive, Policy, drive
from hallmark.systems.robotics.bundled.plant import ACTION, SENSORS, Pendulums, Settings
from hallmark.systems.robotics.diagnostics.closed_loop_figures import draw_by_setting, draw_trajectories
from hallmark.systems.robotics.reading.histories import Window
from hallmark.systems.system import Diagnosis, DiagnosticData

EXPERT = "expert"  # the demonstrator, no scorer: offline, its actions are the truth
DESCRIPTORS_ALONE = "descriptors"  # a scorer that reads no sensor, and so can't drive
_PHYSICS = ("payload", "friction", "noise")  # descriptors that the simulator needs
_SENSOR = GROUP + "sensor"  # a group that the simulator needs


def diagnose(data: DiagnosticData, settings: config.Diagnostics) -> Diagnosis:
    """Drive every robot of the test split `settings.starts` times, `settings.steps` steps each, by
    every scorer.

    Raises `InputError` where the examples are not of the bundled robots.
    """
    if settings.starts < 1:
        reason = (
            "There is no simulator of these robots here, so what the policy brings about once it drives is unknown."
        )
        return Diagnosis([Finding(check="evaluate.closed_loop", metric="return", reason=reason)])

    test = data.examples["test"]
    robots = _select_robots(test, settings.starts)
    physics = _physics(robots)

    policies: dict[str, Policy] = {
        name: _policy(predict, data.postprocess[name], test, robots=len(robots))
        for name, predict in data.scorers.items()
        if name != DESCRIPTORS_ALONE
    }
    policies[EXPERT] = lambda plant, _: expert.torque(plant.state, plant.settings)
    drives = {name: drive(physics, policy, steps=settings.steps, seed=data.seed) for name, policy in policies.items()}
    episodes = pd.concat([_episodes(robots, driven, name) for name, driven in drives.items()], ignore_index=True)

    return Diagnosis(
        findings=_findings(episodes, seed=data.seed),
        figures=_figures(drives, physics, episodes, seed=data.seed),
        episodes=episodes[episodes["scorer"] != EXPERT],
    )


def _select_robots(test: Examples, starts: int) -> pd.DataFrame:
    """Return a row for each episode to drive: `starts` rows for each robot, with the columns of the
    examples.

    Raises `InputError` where sensors, actions or descriptors are not those of the bundled
    simulator.
    """
    needed_columns = [*(DESCRIPTOR + name for name in _PHYSICS), _SENSOR]
    missing_columns = [name for name in needed_columns if name not in test.table]
    sensors = test.encoding["observations"]
    actions = list(test.encoding.get("actions", {}))
    if missing_columns or sensors != list(SENSORS) or actions != [ACTION]:
        raise InputError(
            "evaluate.diagnostics.starts asks for the bundled simulator, but these are other robots: they have the "
            f"sensors {sensors[:5]}, the actions {actions} and no column for {missing_columns}; set it to 0"
        )

    first_rows = test.table.drop_duplicates("entity")
    robots = first_rows.loc[first_rows.index.repeat(starts)].reset_index(drop=True)
    start_numbers = pd.Series(np.tile(np.arange(starts), len(first_rows)).astype(str))
    ids = robots["entity"] + " start " + start_numbers
    return robots.assign(id=ids, split="test")


def _physics(robots: pd.DataFrame) -> Settings:
    payload, friction, noise = (robots[DESCRIPTOR + name].to_numpy(float) for name in _PHYSICS)
    return Settings(payload, friction, robots[_SENSOR].to_numpy(object), noise)


def _policy(predict: Predict, postprocess: Mapping[str, Any], test: Examples, *, robots: int) -> Policy:
    """Return a policy that answers with a scorer's torques (n, 1), N m, to the robots' last
    readings.
    """
    window = Window(robots, int(test.encoding["history"]), len(SENSORS))
    table = pd.DataFrame(index=range(robots))

    def torque(_: Pendulums, reading: np.ndarray) -> np.ndarray:
        examples = Examples(table, window.append(reading), encoding=test.encoding)
        answers = answer(predict(examples), postprocess)
        return answers[[f"action.{ACTION}"]].to_numpy(float)

    return torque


def _episodes(robots: pd.DataFrame, driven: Drive, scorer: str) -> pd.DataFrame:
    """Return one scorer's drive as rows of the episodes table (see `hallmark.contracts.episodes`)."""
    groups = [str(name) for name in robots.columns if str(name).startswith(GROUP)]
    scores = {f"{SCORE}return": driven.returns, f"{SCORE}success": driven.successes.astype(float)}
    weights = {f"{WEIGHT}return": 1.0, f"{WEIGHT}success": 1.0}
    return robots[["id", "split", "entity", *groups]].assign(scorer=scorer, **scores, **weights)


def _figures(
    drives: Mapping[str, Drive], physics: Settings, episodes: pd.DataFrame, *, seed: int
) -> list[ReportFigure]:
    drawings = {"trajectories": draw_trajectories(drives, physics)}
    for metric in config.METRICS_OF_EPISODES:
        drawings[f"{metric}_by_setting"] = draw_by_setting(episodes, metric, seed=seed)
    return [
        ReportFigure(name=name, question=5, title=name.replace("_", " "), drawing=drawing)
        for name, drawing in drawings.items()
    ]


def _findings(episodes: pd.DataFrame, *, seed: int) -> list[Finding]:
    """Return each scorer's metrics, and by how much the model is better than each other scorer and
    than the expert.
    """
    measurements = {
        str(name): Measurement(
            rows.sort_values("id", ignore_index=True), config.METRICS_OF_EPISODES, positive=None, seed=seed
        )
        for name, rows in episodes.groupby("scorer", sort=False)
    }
    model = measurements[MODEL]

    findings = []
    for metric in config.METRICS_OF_EPISODES:
        label = METRICS[metric].label
        for name, measurement in measurements.items():
            measured = measurement.overall[metric]
            reason = f"{label} of {measured.n:,} unseen robots, driven by the scorer {name!r}."
            findings.append(
                Finding.from_interval("evaluate.closed_loop", measured, metric=metric, scorer=name, reason=reason)
            )

        for name, measurement in measurements.items():
            if name == MODEL:
                continue
            gain = model.against(measurement)[metric]
            reason = f"{label} of the model minus that of {name!r}, with the same starts, pushes and noise."
            if name == EXPERT:
                findings.append(Finding.from_interval("evaluate.expert", gain, metric=metric, reason=reason))
            else:
                findings.append(
                    Finding.from_interval("evaluate.closed_loop_gain", gain, metric=metric, against=name, reason=reason)
                )
    return findings
