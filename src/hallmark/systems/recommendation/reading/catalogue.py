"""The catalogue: the items that can be recommended, each with its id, title and genre.

An item's code is its position in the catalogue plus 1; code 0 pads short histories.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hallmark.errors import InputError
from hallmark.formats import tables
from hallmark.formats.example_columns import require_columns
from hallmark.formats.folders import RawFolder
from hallmark.formats.identities import UNKNOWN
from hallmark.systems.recommendation import config

_RANKING_LENGTH = 10  # items; the catalogue must have more


@dataclass(frozen=True)
class Catalogue:
    """I items, in order of their codes: the item at position p has the code p + 1."""

    ids: np.ndarray  # (I,) texts, all different
    titles: np.ndarray  # (I,) texts; the ids where no title is known
    genres: np.ndarray | None  # (I,) texts, names of groups; None where no column of them is named


def read(folder: RawFolder, items: config.Items | None, interactions: tables.Table, column: str) -> Catalogue:
    """Return the items of the table `items`, in its order.

    Without such a table, the items are those in the `column` of the interactions, ordered by id.
    Raises `InputError` on a faulty table, and on one with too few items for a ranking.
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
    if len(catalogue.ids) <= _RANKING_LENGTH:
        raise InputError(
            f"{file} has {len(catalogue.ids)} items: a ranking of {_RANKING_LENGTH} needs more to choose from"
        )
    return catalogue


def load_table(
    folder: RawFolder, described: config.Interactions | config.Users | config.Items, key: str
) -> tables.Table:
    """Return the table that a section of the configuration describes.

    `key` is the whole key of the table's file, for errors: prepare.reading.items.file.
    """
    return tables.load(
        folder,
        described.file,
        separator=described.separator,
        encoding=described.encoding,
        columns=described.header,
        key=key,
    )


def _genres(table: tables.Table, items: config.Items) -> np.ndarray | None:
    """Return each item's genre, texts (I,), by the names of `items.names`; None without such a column.

    The first genre of an item counts. Raises `InputError` on a genre that `items.names` doesn't
    name.
    """
    if items.genres:
        raw_genres = _first_set_column(table, items.genres)
    elif items.genre:
        texts = table.named_groups(items.genre, {}, "prepare.reading.items.genre")
        raw_genres = np.array([text.split("|")[0].strip() or UNKNOWN for text in texts], object)
    else:
        return None

    names: Mapping[str, str] = {UNKNOWN: UNKNOWN, **items.names}
    if not items.names:
        names = {genre: genre for genre in raw_genres}
    for row, genre in enumerate(raw_genres, start=1):
        if genre not in names:
            raise InputError(
                f"{table.file}, row {row}: the genre {genre!r} is none of those that prepare.reading.items.names "
                f"names: {list(names)}"
            )
    return np.array([names[genre] for genre in raw_genres], object)


def _first_set_column(table: tables.Table, columns: Sequence[str]) -> np.ndarray:
    """Return for each row the name of the first of the `columns` that is 1, texts (I,).

    Raises `InputError` on a value that is neither 0 nor 1, and on a row where no column is 1.
    """
    flags = np.stack([table.numbers(column) for column in columns], axis=1)
    for index, column in enumerate(columns):
        table.refuse(column, ~np.isin(flags[:, index], (0, 1)), "is neither 0 nor 1")
    has_none = ~np.any(flags == 1, axis=1)
    if has_none.any():
        row = int(np.flatnonzero(has_none)[0])
        raise InputError(f"{table.file}, row {row + 1}: none of the genres {list(columns)} is 1")
    first_set: np.ndarray = np.asarray(columns, object)[flags.argmax(axis=1)]
    return first_set
