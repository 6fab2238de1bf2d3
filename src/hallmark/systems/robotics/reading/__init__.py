"""From logs to examples: a row for each step, with the last readings of all sensors and the action that was taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.errors import InputError
from hallmark.formats import folders, tables
from hallmark.systems.robotics import config
from hallmark.systems.robotics.reading import logs
from hallmark.systems.robotics.reading.descriptors import describe
from hallmark.systems.robotics.reading.histories import stack

INPUTS = ("observations", "history")
encode = None  # what is read is what the network takes: nothing is learned from the training split


@dataclass(frozen=True)
class _Actions:
    """What was done: labels of a known set, or numbers as shares of their range."""

    labels: tuple[str, ...]
    label: np.ndarray | None  # (n,) strings
    shares: np.ndarray | None  # (n, A) float32
    encoding: dict[str, Any]


def read(folder: Path, parameters: config.Reading) -> Examples:
    return _read(folder, **parameters.model_dump())


def _read(
    folder: Path,
    *,
    file: str,
    observations: Sequence[str],
    history: int,
    actions: Mapping[str, Mapping[str, float]] = {},  # never changed
    tolerance: float = 0.05,
    action: str = "",
    labels: Mapping[str, str] = {},
    episode: str = "",
    step: str = "",
    time: str = "",
    every: int = 1,
    block: int = 0,
    settings: Mapping[str, str] | None = None,
    descriptors: Sequence[str] = (),
    groups: Mapping[str, Mapping[str, str]] = {},
    bands: Mapping[str, Mapping[str, Sequence[float]]] = {},
    source: Mapping[str, Any] | None = None,
    leave_out: Sequence[str] = (),
) -> Examples:
    """Read the log in `folder`; the arguments are described in `config.Reading`.

    Returns the arrays `observations` (n, K, D) and `present` (n, K), float32, and for numeric actions `target.action`
    (n, A), float32, as shares of their range: 0 at its low end, 1 at its high. Raises `InputError` on anything that is
    missing, unreadable or not as declared.
    """
    for key, value, least in (("history", history, 1), ("every", every, 1), ("observations", len(observations), 1)):
        if value < least:
            raise InputError(f"prepare.reading.{key} is {value}: at least {least} is needed")
    _require_apart(observations, [*actions, *([action] if action else [])])
    if actions and (action or labels):
        raise InputError("prepare.reading has actions (numbers) and also action or labels: an action is one or other")
    twice = sorted(set(groups) & set(bands))
    if twice:
        raise InputError(f"the group {twice[0]!r} stands under both prepare.reading.groups and prepare.reading.bands")
    raw = folders.discover(folder, leave_out)
    table = tables.load(raw, file, key="prepare.reading.file")
    order = logs.runs(table, episode=episode, step=step, time=time, block=block)
    if settings:
        table = tables.join(table, raw, file=settings["file"], key=settings["key"])
    raw.require_all_read()
    done = _labelled(table, action, labels) if action or labels else _numeric(table, actions, tolerance)
    values = np.stack([table.numbers(name) for name in observations], axis=1)[order.rows]
    kept = np.flatnonzero(order.position % every == 0)
    readings, present = stack(values, order.position, kept, history)
    rows, described = order.rows[kept], describe(readings, present, order.position[kept])
    columns: dict[str, np.ndarray] = {"id": order.ids[kept], "entity": order.names[kept]}
    if time:
        columns["time"] = table.seconds(time)[rows]
    elif block:
        columns["time"] = rows.astype(float)  # the log's own order
    if done.label is not None:
        columns["label"] = done.label[rows]
    for name, names in groups.items():
        columns[GROUP + name] = table.named_groups(name, names, f"prepare.reading.groups.{name}")[rows]
    for name, band in bands.items():
        numbers = described[name] if name in described else table.numbers(name, missing=True)[rows]
        columns[GROUP + name] = tables.banded(numbers, band["edges"], f"prepare.reading.bands.{name}")
    columns |= {DESCRIPTOR + name: column for name, column in described.items()}
    columns |= {DESCRIPTOR + name: table.numbers(name)[rows] for name in descriptors}
    arrays = {"observations": readings, "present": present}
    if done.shares is not None:
        arrays["target.action"] = done.shares[rows]
    encoding = {"observations": list(observations), "history": history, **done.encoding}
    return Examples(pd.DataFrame(columns), arrays, done.labels, Source.of(folder, source), encoding)


def _require_apart(observations: Sequence[str], actions: Sequence[str]) -> None:
    """Refuse an observation that stands there twice, or that is what the policy shall tell."""
    for place, name in enumerate(observations):
        if name in observations[:place]:
            raise InputError(f"prepare.reading.observations names the column {name!r} twice")
        if name in actions:
            raise InputError(f"prepare.reading.observations names the column {name!r}, which is also the action")


def _labelled(table: tables.Table, action: str, labels: Mapping[str, str]) -> _Actions:
    names = tuple(dict.fromkeys(labels.values()))
    if not action or len(names) < 2:
        raise InputError(
            "prepare.reading.action and prepare.reading.labels name a column and at least two actions, "
            f"but they are {action!r} and {list(names)}"
        )
    done = table.named(action, labels, "prepare.reading.labels")
    return _Actions(names, done, None, {"action": action})


def _numeric(table: tables.Table, actions: Mapping[str, Mapping[str, float]], tolerance: float) -> _Actions:
    if not actions:
        raise InputError("prepare.reading names no action: set actions (numbers), or action and labels")
    if not 0 < tolerance < 1:
        raise InputError(f"prepare.reading.tolerance is {tolerance:g}: it is a share of the range, between 0 and 1")
    shares = []
    for name, bounds in actions.items():
        low, high = bounds["low"], bounds["high"]
        if not low < high:
            raise InputError(
                f"prepare.reading.actions.{name} runs from {low:g} to {high:g}: low must be less than high"
            )
        values = table.numbers(name)
        table.refuse(name, (values < low) | (values > high), f"is outside the action's bounds, {low:g} to {high:g}")
        shares.append((values - low) / (high - low))
    encoding = {"actions": {name: dict(bounds) for name, bounds in actions.items()}, "tolerance": tolerance}
    return _Actions((), None, np.stack(shares, axis=1).astype(np.float32), encoding)
