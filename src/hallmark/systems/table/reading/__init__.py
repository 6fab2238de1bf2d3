"""From raw files to examples: transactions with the history of their card, or the rows of a flat table.

Every encoding stands in the configuration or is a fixed formula, so that nothing is learned from the data here,
nothing can leak from one split into another, and serving needs the configuration alone.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.errors import InputError
from hallmark.formats import folders, tables
from hallmark.systems.table import config
from hallmark.systems.table.reading import history as histories

INPUTS = ("numeric", "categorical", "history")
encode = None  # what is read is what the network takes: nothing is learned from the training split


def read(folder: Path, parameters: config.Reading) -> Examples:
    return _read(folder, **parameters.model_dump())


def _read(
    folder: Path,
    *,
    file: str,
    label: str,
    labels: Mapping[str, str],
    id: str = "",
    entity: str = "",
    time: str = "",
    numeric: Sequence[str] = (),
    categorical: Mapping[str, Sequence[str]] = {},  # never changed
    groups: Mapping[str, Mapping[str, str]] = {},
    bands: Mapping[str, Mapping[str, Sequence[float]]] = {},
    history: Mapping[str, Any] | None = None,
    source: Mapping[str, Any] | None = None,
    leave_out: Sequence[str] = (),
) -> Examples:
    """Read the raw files in `folder`; the arguments are described in `config.Reading`.

    Returns arrays `current` (n, F2) and, with `history`, `history` (n, T, F), float32; rows are ordered by
    entity and time then, else as in the file. Raises `InputError` on anything that is missing, unreadable or
    not as declared.
    """
    names = tuple(dict.fromkeys(labels.values()))
    if len(names) != 2:
        raise InputError(f"prepare.reading.labels names {list(names)}, but this system tells two labels apart")
    if history is None and not numeric and not any(categorical.values()):
        raise InputError("prepare.reading.numeric and prepare.reading.categorical name no input of the flat table")
    raw = folders.discover(folder, leave_out)
    table = tables.load(raw, file, key="prepare.reading.file")
    transactions, rows = None, np.arange(len(table.frame))
    if history is not None:
        for part in ("account", "terminals"):
            if history.get(part):
                table = tables.join(table, raw, file=history[part]["file"], key=history[part]["key"])
        transactions, rows = _transactions(table, entity=entity, time=time, history=history, categorical=categorical)
    raw.require_all_read()
    columns = {
        "id": table.unique(id) if id else (np.arange(len(table.frame)) + 1).astype(str),
        "label": table.named(label, labels, "prepare.reading.labels"),
        **({"entity": table.identities(entity)} if entity else {}),
        **({"time": table.seconds(time)} if time else {}),
        **{GROUP + name: values for name, values in tables.groups(table, groups, bands, "prepare.reading").items()},
        **{DESCRIPTOR + name: table.numbers(name) for name in numeric},
    }
    features, widths = _features(table, numeric, categorical), _widths(numeric, categorical)
    described = pd.DataFrame(columns).iloc[rows].reset_index(drop=True)
    arrays: dict[str, np.ndarray] = {"current": features[rows]}
    if transactions is not None and history is not None:
        arrays, more = _with_history(transactions, features[rows], int(history["length"]))
        widths = [(name, 1) for name in histories.current_names(transactions)] + widths
        seen = transactions.time >= transactions.time.min() + history.get("warm_up", 0.0) * histories.DAY
        described = described.assign(**more)[seen].reset_index(drop=True)
        arrays = {name: array[seen] for name, array in arrays.items()}
    if not entity:
        described["entity"] = _equal_rows(described["id"], arrays["current"])
    encoding: dict[str, Any] = {"columns": [list(width) for width in widths]}
    if transactions is not None:
        encoding["history_channels"] = histories.sequence_names(transactions, categorical)
    return Examples(described, arrays, names, Source.of(folder, source), encoding)


def _transactions(
    table: tables.Table, *, entity: str, time: str, history: Mapping[str, Any], categorical: Mapping[str, Any]
) -> tuple[histories.Transactions, np.ndarray]:
    """The transactions in order of card and time, and the file's row of each."""
    if not entity or not time:
        raise InputError(
            "prepare.reading.history needs prepare.reading.entity and prepare.reading.time, which are "
            f"{entity!r} and {time!r}"
        )
    card, seconds = pd.factorize(table.identities(entity), sort=True)[0], table.seconds(time)
    rows = np.lexsort((np.arange(len(card)), seconds, card))
    codes = [pd.factorize(table.categories(name))[0][rows] for name in categorical]
    return histories.Transactions(
        card=card[rows],
        time=seconds[rows],
        amount=_amounts(table, history["amount"])[rows],
        place=pd.factorize(table.categories(history["place"]))[0][rows],
        categories=np.stack(codes, axis=1) if codes else np.zeros((len(rows), 0), int),
        position=_position(table, history.get("terminals"), rows),
        home=_position(table, history.get("account"), rows),
    ), rows


def _amounts(table: tables.Table, name: str) -> np.ndarray:
    """Return the sizes (n,) of transactions. Raises `InputError` on one below 0: its logarithm would lose the sign."""
    amounts = table.numbers(name)
    table.refuse(
        name,
        amounts < 0,
        "is below 0, and a transaction's amount is its size: leave refunds out, or write sizes and name the kind of "
        "transaction in a column of prepare.reading.categorical",
    )
    return amounts


def _position(table: tables.Table, part: Mapping[str, str] | None, rows: np.ndarray) -> np.ndarray | None:
    if not part or not part.get("x"):
        return None
    place: np.ndarray = np.stack([table.numbers(part["x"]), table.numbers(part["y"])], axis=1)[rows]
    return place


def _with_history(
    transactions: histories.Transactions, features: np.ndarray, length: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The arrays, and the descriptors of the table's further columns."""
    earlier = histories.earlier(transactions, length)
    arrays = {
        "history": histories.sequence(transactions, earlier),
        "current": np.concatenate([histories.present(transactions, earlier), features], axis=1),
    }
    described = {
        "amount": transactions.amount,
        "hour": transactions.time % histories.DAY / histories.HOUR,
        "hours_since_last": histories.hours_since_last(transactions, earlier),
        **histories.distances(transactions, earlier),
        "history_length": (earlier >= 0).sum(axis=1).astype(float),
    }
    return arrays, {DESCRIPTOR + name: values for name, values in described.items()}


def _features(table: tables.Table, numeric: Sequence[str], categorical: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return (n, F) float32: the numeric columns as they are, then a column for each declared value of each
    categorical one.
    """
    columns = [table.numbers(name) for name in numeric]
    for name, values in categorical.items():
        texts = table.categories(name, values, f"prepare.reading.categorical.{name}")
        columns += [texts == value for value in values]
    return np.stack(columns, axis=1).astype(np.float32) if columns else np.zeros((len(table.frame), 0), np.float32)


def _widths(numeric: Sequence[str], categorical: Mapping[str, Sequence[str]]) -> list[tuple[str, int]]:
    """Return the columns that `_features` makes: how many of each raw column, in order."""
    return [(name, 1) for name in numeric] + [(name, len(values)) for name, values in categorical.items()]


def _equal_rows(ids: "pd.Series[str]", features: np.ndarray) -> np.ndarray:
    """Return as entity (n,) the id of the first row with equal features: nobody can tell whether it is the same
    client.
    """
    frame = pd.DataFrame(features)
    return ids.groupby([frame[column] for column in frame], sort=False).transform("first").to_numpy(object)
