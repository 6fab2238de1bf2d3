"""From logs to examples: a row for each step, with the last readings of all sensors and the action that was taken."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Examples, Source
from hallmark.formats import example_columns, folders, tables
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
    shares: np.ndarray | None  # (n, A) float32
    encoding: dict[str, Any]


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return a row for each step of the log in `folder` that is kept.

    The arrays are `observations` (n, K, D) and `present` (n, K), float32, and for numeric actions `target.action`
    (n, A), float32, as shares of their range: 0 at its low end, 1 at its high. Raises `InputError` on anything that is
    missing, unreadable or not as declared.
    """
    raw = folders.discover(folder, parameters.leave_out)
    table = tables.load(raw, parameters.file, key="prepare.reading.file")
    example_columns.require_columns(table, _columns_by_key(parameters))
    order = logs.order_steps(table, parameters.columns, block=parameters.block)
    if parameters.settings:
        table = tables.join(table, raw, file=parameters.settings.file, key=parameters.settings.key)
    raw.require_all_read()

    actions = _actions(table, parameters)
    values = np.stack([table.numbers(name) for name in parameters.observations], axis=1)[order.rows]
    kept = np.flatnonzero(order.position % parameters.every == 0)
    rows = order.rows[kept]
    readings, present = stack(values, order.position, kept, parameters.history)

    examples = example_columns.bind(
        table,
        parameters,
        ids=order.ids[kept],
        entities=order.names[kept],
        descriptors=pd.DataFrame(describe(readings, present, order.position[kept])),
        rows=rows,
    )
    if parameters.block and "time" not in examples:
        examples.insert(2, "time", rows.astype(float))  # the log's own order

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
    """Return the actions of all rows. Raises `InputError` on a number outside the bounds of its action."""
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
