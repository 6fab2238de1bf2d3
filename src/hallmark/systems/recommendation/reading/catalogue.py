"""The items that can be recommended: a code for each, from 1 on, its title and its genre."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hallmark.errors import InputError
from hallmark.formats import tables
from hallmark.formats.example_columns import require_columns
from hallmark.formats.folders import RawFolder
from hallmark.formats.identities import UNKNOWN
from hallmark.systems.recommendation import config

_SHOWN = 10  # items of a ranking; the catalogue must have more


@dataclass(frozen=True)
class Catalogue:
    """Items by their position: the code of the item at position p is p + 1, since 0 pads short histories."""

    ids: np.ndarray  # (I,)
    titles: np.ndarray  # (I,)
    genres: np.ndarray | None  # (I,)


def read(folder: RawFolder, items: config.Items | None, interactions: tables.Table, column: str) -> Catalogue:
    """Read the table of items, or take all items of the interactions' `column`, ordered by id.

    Raises `InputError` on a faulty table.
    """
    if items is None:
        ids = np.unique(interactions.identities(column).astype(str)).astype(object)
        catalogue = Catalogue(ids, ids, None)
        file = interactions.file
    else:
        table = load_table(folder, items, "prepare.reading.items.file")
        named = {"key": items.key, "title": items.title, "genre": items.genre}
        require_columns(table, {f"prepare.reading.items.{key}": name for key, name in named.items()})
        ids = table.unique_identities(items.key)
        titles = table.texts(items.title) if items.title else ids
        catalogue = Catalogue(ids, titles, _genres(table, items))
        file = table.file
    if len(catalogue.ids) <= _SHOWN:
        raise InputError(f"{file} has {len(catalogue.ids)} items: a ranking of {_SHOWN} needs more to choose from")
    return catalogue


def load_table(
    folder: RawFolder, described: config.Interactions | config.Users | config.Items, key: str
) -> tables.Table:
    """Return a table of the raw folder as its section of the configuration says; `key` is that of its file."""
    return tables.load(
        folder,
        described.file,
        separator=described.separator,
        encoding=described.encoding,
        columns=described.header,
        key=key,
    )


def _genres(table: tables.Table, items: config.Items) -> np.ndarray | None:
    """Return the genre's name of each item (I,), None where the configuration names no column of it."""
    if items.genres:
        raw = _first_set(table, items.genres)
    elif items.genre:
        texts = table.named_groups(items.genre, {}, "prepare.reading.items.genre")
        raw = np.array([text.split("|")[0].strip() or UNKNOWN for text in texts], object)
    else:
        return None

    names: Mapping[str, str] = {UNKNOWN: UNKNOWN, **items.names} if items.names else {name: name for name in raw}
    for row, name in enumerate(raw):
        if name not in names:
            raise InputError(
                f"{table.file}, row {row + 1}: the genre {name!r} is none of those that prepare.reading.items.names "
                f"names: {list(names)}"
            )
    return np.array([names[name] for name in raw], object)


def _first_set(table: tables.Table, columns: Sequence[str]) -> np.ndarray:
    flags = np.stack([table.numbers(column) for column in columns], axis=1)
    for index, column in enumerate(columns):
        table.refuse(column, ~np.isin(flags[:, index], (0, 1)), "is neither 0 nor 1")
    none = ~np.any(flags == 1, axis=1)
    if none.any():
        row = int(np.flatnonzero(none)[0])
        raise InputError(f"{table.file}, row {row + 1}: none of the genres {list(columns)} is 1")
    first: np.ndarray = np.asarray(columns, object)[flags.argmax(axis=1)]
    return first
