"""Reading of a robotics task: logs → examples, a step each, with the last readings and the action."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Examples, Source
from hallmark.formats import example_columns, tables
from hallmark.formats.example_columns import Roles
from hallmark.formats.reader_registry import open_folder
from hallmark.systems.robotics import config
from hallmark.systems.robotics.reading import logs
from hallmark.systems.robotics.reading.histories import stack
from hallmark.systems.robotics.reading.history_descriptors import describe

INPUTS = ("observations", "history")
encode = None  # the network takes the arrays as `read` returns them: nothing is learned from the training split


@dataclass(frozen=True)
class _Actions:
    """The actions of a log: labels of a known set, or numbers."""

    labels: tuple[str, ...]  # the classes; () for numeric actions
    shares: np.ndarray | None  # (n, A) float32, A numeric actions as shares of their range, in the file's order
    encoding: dict[str, Any]  # what network and decoding need of them


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return an example for every `prepare.reading.every`-th step of each run of the log in `folder`.

    The arrays, float32, of n examples:

    - `observations` (n, K, D): readings of D sensors at the last K steps, the newest last, zeros
      before a run begins
    - `present` (n, K): 1 where there is a reading, 0 before a run begins
    - `target.action` (n, A), for A numeric actions: shares of their range, 0 at its low end and 1
      at its high one

    Raises `InputError` on anything that is missing, unreadable or not as declared.
    """
    with open_folder(folder, parameters) as raw:
        table = tables.load(raw, parameters.file, key="prepare.reading.file")
        example_columns.require_columns(table, _columns_by_key(parameters))
        runs = logs.order_steps(table, parameters.columns, block=parameters.block)
        if parameters.settings:
            table = tables.join(table, raw, file=parameters.settings.file, key=parameters.settings.key)

    actions = _actions(table, parameters)
    values = np.stack([table.numbers(name) for name in parameters.observations], axis=1)[runs.rows]
    kept_steps = np.flatnonzero(runs.position % parameters.every == 0)
    rows = runs.rows[kept_steps]
    readings, present = stack(values, runs.position, kept_steps, parameters.history)

    own = {"entity": runs.names[kept_steps]}
    if parameters.block:
        own["time"] = rows.astype(float)  # blocks are in the log's order
    examples = example_columns.bind(
        table,
        parameters,
        ids=runs.ids[kept_steps],
        roles=replace(Roles.of(parameters.columns), entity=None),  # the column names episodes, not runs
        own=own,
        descriptors=pd.DataFrame(describe(readings, present, runs.position[kept_steps])),
        rows=rows,
    )

    arrays = {"observations": readings, "present": present}
    if actions.shares is not None:
        arrays["target.action"] = actions.shares[rows]
    encoding = {
        "observations": list(parameters.observations),
        "history": parameters.history,
        **actions.encoding,
    }
    return Examples(examples, arrays, actions.labels, Source.of(folder, parameters.source_words()), encoding)


def _columns_by_key(parameters: config.Reading) -> dict[str, str | None]:
    """Return every column of the log that the configuration names, by the key that names it."""
    columns_by_key: dict[str, str | None] = {
        f"columns.{role}": name for role, name in parameters.columns.model_dump().items()
    }
    columns_by_key |= {f"observations[{place}]": name for place, name in enumerate(parameters.observations)}
    columns_by_key |= {f"actions.{name}": name for name in parameters.actions}
    return {f"prepare.reading.{key}": column for key, column in columns_by_key.items()}


def _actions(table: tables.Table, parameters: config.Reading) -> _Actions:
    """Return the actions of all rows, in the file's order.

    Raises `InputError` on a number outside its bounds.
    """
    if not parameters.actions:
        return _Actions(tuple(parameters.label_names() or ()), None, {"action": parameters.columns.label})

    shares = []
    for name, bounds in parameters.actions.items():
        low = bounds.low
        high = bounds.high
        values = table.numbers(name)
        table.refuse(name, (values < low) | (values > high), f"is outside the action's bounds, {low:g} to {high:g}")
        shares.append((values - low) / (high - low))
    bounds_by_action = {name: bounds.model_dump() for name, bounds in parameters.actions.items()}
    encoding = {"actions": bounds_by_action, "tolerance": parameters.tolerance}
    return _Actions((), np.stack(shares, axis=1).astype(np.float32), encoding)
