"""The closed loop: every policy drives the simulated robots of the test split, whose settings none of them has seen.

The offline error of an action says little of where a policy ends up, since it then sees what it has brought about.
Starts, pushes and noise are the same for all, so that every comparison is paired.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from hallmark.answers.action.decoding import answer
from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, SCORE, WEIGHT
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.figures import ReportFigure
from hallmark.metrics import METRICS, Measurement
from hallmark.systems.robotics import config
from hallmark.systems.robotics.bundled import expert
from hallmark.systems.robotics.bundled.driving import Drive, Policy, drive
from hallmark.systems.robotics.bundled.plant import ACTION, SENSORS, Pendulums, Settings
from hallmark.systems.robotics.diagnostics.figures import by_setting, trajectories
from hallmark.systems.robotics.reading.histories import Window
from hallmark.systems.system import Diagnosis, DiagnosticData

# The demonstrator, whose actions are the truth offline, so that its rows are no predictions; and who cannot drive.
EXPERT, BLIND = "expert", "descriptors"
_MEASURED = ("return", "success")
_KNOWN = ("payload", "friction", "noise")  # descriptors that the simulator needs, beside the group "sensor"


def diagnose(shown: DiagnosticData, settings: config.Diagnostics) -> Diagnosis:
    """Drive every setting of the test split `settings.starts` times for `settings.steps`.

    Raises `InputError` where the examples are not of the bundled robots.
    """
    if settings.starts < 1:
        why = "There is no simulator of these robots here, so what the policy brings about once it drives is unknown."
        return Diagnosis([Finding(check="evaluate.closed_loop", metric="return", reason=why)])
    test = shown.examples["test"]
    robots, plants = _robots(test, settings.starts)
    run = partial(drive, plants, steps=settings.steps, seed=shown.seed)
    drives = {
        name: run(_policy(predict, shown.postprocess[name], test, len(robots)))
        for name, predict in shown.scorers.items()
        if name != BLIND
    }
    drives[EXPERT] = run(lambda plant, _: expert.torque(plant.state, plant.settings))
    rows = pd.concat([_rows(robots, driven, name) for name, driven in drives.items()], ignore_index=True)
    drawings = {
        "trajectories": trajectories(drives, plants),
        "return_by_setting": by_setting(rows, "return", seed=shown.seed),
        "success_by_setting": by_setting(rows, "success", seed=shown.seed),
    }
    figures = [
        ReportFigure(name=name, question=5, title=name.replace("_", " "), drawing=drawing)
        for name, drawing in drawings.items()
    ]
    episodes = rows[rows["scorer"] != EXPERT]
    return Diagnosis(_findings(rows, seed=shown.seed), figures, episodes)


def _robots(test: Examples, starts: int) -> tuple[pd.DataFrame, Settings]:
    """Return a row for each episode to be driven (id, split, entity, group.*), and the robots' settings."""
    wanted = [DESCRIPTOR + name for name in _KNOWN] + [GROUP + "sensor"]
    missing = [name for name in wanted if name not in test.table]
    sensors, actions = test.encoding["observations"], list(test.encoding.get("actions", {}))
    if missing or (sensors, actions) != (list(SENSORS), [ACTION]):
        raise InputError(
            f"evaluate.diagnostics.starts asks for the bundled simulator, but these are other robots: they have the "
            f"sensors {sensors[:5]}, the actions {actions} and no column for {missing}; set it to 0"
        )
    first = test.table.drop_duplicates("entity")
    robots = first.loc[first.index.repeat(starts)].reset_index(drop=True)
    ids = robots["entity"] + " start " + pd.Series(np.tile(np.arange(starts), len(first)).astype(str))
    payload, friction, noise = (robots[DESCRIPTOR + name].to_numpy(float) for name in _KNOWN)
    settings = Settings(payload, friction, robots[GROUP + "sensor"].to_numpy(object), noise)
    return robots.assign(id=ids, split="test")[["id", "split", "entity", *test.groups]], settings


def _policy(predict: Predict, postprocess: Mapping[str, Any], test: Examples, robots: int) -> Policy:
    """The scorer as a policy: it sees what its readings were, and its answers are the torques."""
    window = Window(robots, int(test.encoding["history"]), len(SENSORS))
    table = pd.DataFrame(index=range(robots))

    def torque(_: Pendulums, reading: np.ndarray) -> np.ndarray:
        some = Examples(table, window.see(reading), encoding=test.encoding)
        return answer(predict(some), postprocess)[[f"action.{ACTION}"]].to_numpy(float)

    return torque


def _rows(robots: pd.DataFrame, driven: Drive, scorer: str) -> pd.DataFrame:
    measured = {SCORE + "return": driven.returns, SCORE + "success": driven.successes.astype(float)}
    weights = dict.fromkeys((WEIGHT + name for name in _MEASURED), 1.0)
    return robots.assign(scorer=scorer, **measured, **weights)


def _findings(rows: pd.DataFrame, *, seed: int) -> list[Finding]:
    """Return each policy's level, and by how much the model does better than each other one and than the expert."""
    by = {str(name): part.sort_values("id", ignore_index=True) for name, part in rows.groupby("scorer", sort=False)}
    measurements = {name: Measurement(part, _MEASURED, positive=None, seed=seed) for name, part in by.items()}
    found = []
    for metric in _MEASURED:
        label = METRICS[metric].label
        for name, measurement in measurements.items():
            level = measurement.overall[metric]
            said = f"{label} of {level.n:,} unseen robots, driven by the scorer {name!r}."
            found.append(Finding.from_interval("evaluate.closed_loop", level, metric=metric, scorer=name, reason=said))
        for name, measurement in measurements.items():
            if name == MODEL:
                continue
            gain = measurements[MODEL].against(measurement)[metric]
            said = f"{label} of the model minus that of {name!r}, with the same starts, pushes and noise."
            if name == EXPERT:
                found.append(Finding.from_interval("evaluate.expert", gain, metric=metric, reason=said))
            else:
                check = "evaluate.closed_loop_gain"
                found.append(Finding.from_interval(check, gain, metric=metric, against=name, reason=said))
    return found
