"""Reading of a task on a table: transactions with histories, or rows of a flat table → examples.

Every encoding is in the configuration or is a fixed formula. So nothing is learned from the data
here, nothing can leak from one split into another, and serving needs the configuration alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Examples, Source
from hallmark.formats import example_columns, tables
from hallmark.formats.reader_registry import open_folder
from hallmark.systems.table import config
from hallmark.systems.table.reading import history as histories

INPUTS = ("numeric", "categorical", "history")
encode = None  # the network takes the arrays as `read` returns them: nothing is learned from the training split


@dataclass(frozen=True)
class _Inputs:
    """The network's inputs and the computed descriptors of n examples, a row for each."""

    rows: np.ndarray  # (n,) each one's row in the file, from 0
    arrays: dict[str, np.ndarray]  # `current` (n, F2), and with a history `history` (n, T, F); float32
    descriptors: pd.DataFrame | None  # None for a flat table, which has no computed ones
    encoding: dict[str, Any]  # what the features of the arrays are, for network, baselines and plots


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return the n rows of the raw table in `folder` as examples.

    The arrays, float32: `current` (n, F2), F2 features of a row; and with `prepare.reading.history`
    also `history` (n, T, F), F features of each of the entity's T earlier transactions, the newest
    last, zeros before the first (see `history`). With a history the examples are ordered by entity
    and time, without one as in the file. Raises `InputError` on anything that is missing,
    unreadable or not as declared.
    """
    table = _load(folder, parameters)
    example_columns.require_columns(table, _columns_by_key(parameters))
    inputs = _flat_inputs(table, parameters) if parameters.history is None else _history_inputs(table, parameters)

    row_numbers = (np.arange(len(table.frame)) + 1).astype(str)
    examples = example_columns.bind(
        table,
        parameters,
        ids=row_numbers[inputs.rows],
        descriptors=inputs.descriptors,
        numeric_inputs={"prepare.reading." + key: name for key, name in _numeric_by_key(parameters).items()},
        rows=inputs.rows,
    )
    examples.insert(1, "label", examples.pop("label"))  # the column behind the id
    if parameters.columns.entity is None:
        examples["entity"] = _equal_rows(examples["id"], inputs.arrays["current"])

    labels = tuple(parameters.label_names() or ())
    source = Source.of(folder, parameters.source_words())
    return Examples(examples, inputs.arrays, labels, source, inputs.encoding)


def _load(folder: Path, parameters: config.Reading) -> tables.Table:
    """Return the main table, joined with the configured tables of entities and places."""
    with open_folder(folder, parameters) as raw:
        table = tables.load(raw, parameters.file, key="prepare.reading.file")
        if parameters.history is not None:
            for joined in (parameters.history.account, parameters.history.terminals):
                if joined is not None:
                    table = tables.join(table, raw, file=joined.file, key=joined.key)
    return table


def _columns_by_key(parameters: config.Reading) -> dict[str, str | None]:
    """Return every column that the configuration names, by the key that names it."""
    columns_by_key: dict[str, str | None] = {
        f"columns.{role}": name for role, name in parameters.columns.model_dump().items()
    }
    columns_by_key |= _numeric_by_key(parameters)
    columns_by_key |= {f"categorical.{name}": name for name in parameters.categorical}
    columns_by_key |= {f"groups.{name}": group.column or name for name, group in parameters.groups.items()}
    if parameters.history is not None:
        columns_by_key |= {"history.amount": parameters.history.amount, "history.place": parameters.history.place}
    return {f"prepare.reading.{key}": column for key, column in columns_by_key.items()}


def _numeric_by_key(parameters: config.Reading) -> dict[str, str]:
    """Return the numeric inputs by the key below `prepare.reading` that names each."""
    return {f"numeric[{place}]": name for place, name in enumerate(parameters.numeric)}


def _flat_inputs(table: tables.Table, parameters: config.Reading) -> _Inputs:
    """Return the inputs of all rows, in the file's order."""
    rows = np.arange(len(table.frame))
    widths = [list(width) for width in _widths(parameters)]  # lists, since the encoding becomes JSON
    return _Inputs(rows, {"current": _features(table, parameters)}, None, {"columns": widths})


def _history_inputs(table: tables.Table, parameters: config.Reading) -> _Inputs:
    """Return the inputs of the transactions after the warm-up, in order of card and time.

    Transactions in the warm-up are only history of later ones: their own histories are cut short.
    """
    history = parameters.history
    assert history is not None
    transactions, rows = _transactions(table, parameters)
    features = _features(table, parameters)[rows]
    arrays, descriptors = _with_history(transactions, features, history.length)

    end_of_warm_up = transactions.time.min() + history.warm_up * histories.DAY
    is_warm = transactions.time >= end_of_warm_up
    widths = [(name, 1) for name in histories.current_names(transactions)] + _widths(parameters)
    return _Inputs(
        rows[is_warm],
        {name: array[is_warm] for name, array in arrays.items()},
        descriptors[is_warm].reset_index(drop=True),
        {
            "columns": [list(width) for width in widths],
            "history_channels": histories.sequence_names(transactions, parameters.categorical),
        },
    )


def _transactions(table: tables.Table, parameters: config.Reading) -> tuple[histories.Transactions, np.ndarray]:
    """Return the n transactions in order of card and time, and each one's row in the file (n,).

    The file's order decides between transactions of one card at one time.
    """
    history = parameters.history
    entity = parameters.columns.entity
    time = parameters.columns.time
    assert history is not None and entity is not None and time is not None  # a rule of the configuration

    card = pd.factorize(table.identities(entity), sort=True)[0]
    seconds = table.seconds(time)
    rows = np.lexsort((np.arange(len(card)), seconds, card))

    codes = [pd.factorize(table.categories(name))[0][rows] for name in parameters.categorical]
    return histories.Transactions(
        card=card[rows],
        time=seconds[rows],
        amount=_amounts(table, history.amount)[rows],
        place=pd.factorize(table.categories(history.place))[0][rows],
        categories=np.stack(codes, axis=1) if codes else np.zeros((len(rows), 0), int),
        position=_position(table, history.terminals, rows),
        home=_position(table, history.account, rows),
    ), rows


def _amounts(table: tables.Table, name: str) -> np.ndarray:
    """Return the amounts (n,) of the column `name`, in the file's order.

    Raises `InputError` on one below 0: features are log(1 + amount).
    """
    amounts = table.numbers(name)
    table.refuse(
        name,
        amounts < 0,
        "is below 0, and a transaction's amount is its size: leave refunds out, or write sizes and name the kind of "
        "transaction in a column of prepare.reading.categorical",
    )
    return amounts


def _position(table: tables.Table, places: config.Places | None, rows: np.ndarray) -> np.ndarray | None:
    """Return positions (n, 2) of `rows` (n,), x and y in km; None where no columns of them are named."""
    if places is None or not places.x:
        return None
    x = table.numbers(places.x)
    y = table.numbers(places.y)
    return np.asarray(np.stack([x, y], axis=1)[rows])


def _with_history(
    transactions: histories.Transactions, features: np.ndarray, length: int
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Return the arrays `history` and `current` and the computed descriptors, n rows each.

    `features` (n, C) are the declared columns, which come last in `current`; `length` is the
    history's T.
    """
    earlier = histories.earlier(transactions, length)
    arrays = {
        "history": histories.sequence(transactions, earlier),
        "current": np.concatenate([histories.present(transactions, earlier), features], axis=1),
    }
    descriptors = {
        "amount": transactions.amount,
        "hour": transactions.time % histories.DAY / histories.HOUR,
        "hours_since_last": histories.hours_since_last(transactions, earlier),
        **histories.distances(transactions, earlier),
        "history_length": (earlier >= 0).sum(axis=1).astype(float),
    }
    return arrays, pd.DataFrame(descriptors)


def _features(table: tables.Table, parameters: config.Reading) -> np.ndarray:
    """Return the declared columns of all n rows of the table as float32 (n, F).

    First the numeric columns as they are; then, for each categorical column, 0 or 1 for each of its
    declared values.
    """
    features = [table.numbers(name) for name in parameters.numeric]
    for name, values in parameters.categorical.items():
        texts = table.categories(name, values, f"prepare.reading.categorical.{name}")
        features += [texts == value for value in values]
    if not features:
        return np.zeros((len(table.frame), 0), np.float32)
    return np.stack(features, axis=1).astype(np.float32)


def _widths(parameters: config.Reading) -> list[tuple[str, int]]:
    """Return each raw column of `_features`, in order, with the number of features that it becomes."""
    numeric = [(name, 1) for name in parameters.numeric]
    return numeric + [(name, len(values)) for name, values in parameters.categorical.items()]


def _equal_rows(ids: "pd.Series[str]", features: np.ndarray) -> np.ndarray:
    """Return an entity for each of n rows: the id of the first row with equal `features` (n, F).

    Equal rows may be one client, which nobody can tell; so no split separates them.
    """
    frame = pd.DataFrame(features)
    return ids.groupby([frame[column] for column in frame], sort=False).transform("first").to_numpy(object)
