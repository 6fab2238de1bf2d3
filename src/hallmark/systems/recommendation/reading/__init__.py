"""Reading of a recommendation task: tables of interactions, users and items → examples.

An example is a user's history of items and the item that came next. `read` makes the catalogue and
the histories; `encode` counts in the training split alone how popular each item is.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.errors import InputError
from hallmark.formats import example_columns, tables
from hallmark.formats.example_columns import Roles
from hallmark.formats.reader_registry import open_folder
from hallmark.systems.recommendation import config
from hallmark.systems.recommendation.reading import catalogue as catalogues
from hallmark.systems.recommendation.reading import sequences
from hallmark.systems.recommendation.reading.catalogue import Catalogue

INPUTS = ("length", "memory")
POPULARITY = ("popular", "medium", "niche")  # groups of items, each with a third of the choices in training
_DAY = 86_400.0  # seconds


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return an example for each interaction in `folder` but each user's first, by user and time.

    The arrays, of n examples and `prepare.reading.memory` positions:

    - `items` int32 (n, memory): codes of the user's earlier items, the newest last, 0 on the left
      where there are fewer
    - `days_ago` float32 (n, memory): days from each of them to the interaction, 0 where `items` is
    - `target.item` int32 (n,): the code of the interaction's item

    Raises `InputError` on anything that is missing, unreadable or not as declared.
    """
    length = parameters.length
    memory = parameters.memory
    with open_folder(folder, parameters) as raw:
        table = catalogues.load_table(raw, parameters.interactions, "prepare.reading.interactions.file")
        columns_by_role = parameters.columns.model_dump()
        example_columns.require_columns(
            table, {f"prepare.reading.columns.{role}": column for role, column in columns_by_role.items()}
        )
        catalogue = catalogues.read(raw, parameters.items, table, parameters.columns.item)
        user, code, time, file_rows = _sequences(table, parameters, catalogue)
        users_table = None
        if parameters.users is not None:
            users_table = catalogues.load_table(raw, parameters.users, "prepare.reading.users.file")

    position = sequences.positions(user)
    rows = np.flatnonzero(position > 0)
    items = sequences.earlier(code, position, memory)[rows]
    times = sequences.earlier(time, position, memory)[rows]
    days_ago = np.where(items > 0, (time[rows, None] - times) / _DAY, 0).astype(np.float32)

    own = {"entity": user[rows], "time": time[rows], "label": catalogue.titles[code[rows] - 1]}
    if catalogue.genres is not None:
        own[GROUP + "genre"] = catalogue.genres[code[rows] - 1]
    descriptors = {
        "history_length": np.minimum(position[rows], length).astype(float),
        "days_since_last": days_ago[:, -1].astype(float),
    }
    described_table, described_rows = table, file_rows[rows]
    if users_table is not None and parameters.users is not None:
        described_table, described_rows = users_table, _rows_of_users(users_table, parameters.users.key, user[rows])
    examples = example_columns.bind(
        described_table,
        parameters,
        ids=np.array([f"{name} {number}" for name, number in zip(user[rows], position[rows], strict=True)], object),
        roles=Roles(),
        own=own,
        descriptors=pd.DataFrame(descriptors),
        rows=described_rows,
    )

    arrays = {"items": items, "days_ago": days_ago, "target.item": code[rows]}
    encoding = _encoding(catalogue, parameters)
    return Examples(examples, arrays, (), Source.of(folder, parameters.source_words()), encoding)


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Return the examples that are trained on and scored, with what the training split says of popularity.

    `sequences.keep` selects the rows. Added are:

    - `target.counted` bool (n, length): the positions of the history whose next item is predicted
    - the group `popularity` of the target item, one of POPULARITY
    - the descriptor `history_popularity`: the mean percentile of the items of the history, above 0
      to 1
    - the column `entity_start`: the time of the user's first example, seconds

    Given the `encoding` of a former model, items get the codes of its catalogue, and popularity is
    as counted in its training. Raises `InputError` where that catalogue has other items: the model
    can't rank new ones, and would recommend items that are gone.
    """
    if encoding is not None:
        examples = _recoded(examples, encoding)

    length = examples.encoding["length"]
    memory = examples.arrays["items"].shape[1]
    rows_per_user = examples.encoding["rows_per_user"]
    rows, scored_positions = sequences.keep(examples.table, length=length, rows_per_user=rows_per_user)
    start = examples.table.groupby("entity")["time"].transform("min")
    encoded = replace(examples, table=examples.table.assign(entity_start=start)).take(rows)
    is_scored = np.arange(length) >= length - scored_positions[:, None]  # (n, length): the last positions
    arrays = {**encoded.arrays, "target.counted": is_scored}

    if encoding is None:
        is_train = (encoded.table["split"] == "train").to_numpy()
        is_training_target = is_scored & is_train[:, None]
        training_targets = sequences.following(arrays)[is_training_target]
        counts = np.bincount(training_targets, minlength=len(examples.encoding["items"]) + 1)[1:]  # without code 0
    else:
        counts = np.asarray(encoding["training_counts"])

    percentile_by_code = np.append(0.0, percentiles(counts))  # code 0 pads, and adds nothing to a sum
    history = arrays["items"][:, memory - length :]
    mean_percentile = percentile_by_code[history].sum(axis=1) / (history > 0).sum(axis=1)
    table = encoded.table.assign(
        **{
            GROUP + "popularity": popularity_bands(counts)[arrays["target.item"] - 1],
            DESCRIPTOR + "history_popularity": mean_percentile,
        }
    )
    own_encoding = {**examples.encoding, "training_counts": counts.tolist()}
    return replace(encoded, table=table, arrays=arrays, encoding=own_encoding)


def _recoded(examples: Examples, encoding: Mapping[str, Any]) -> Examples:
    """Return the examples with the item codes of another `encoding`.

    Raises `InputError` where its items are others.
    """
    items = list(examples.encoding["items"])
    former_items = list(encoding["items"])
    different = sorted(set(items) ^ set(former_items))
    if different:
        raise InputError(
            f"the catalogue has {len(items)} items, the encoding {len(former_items)}: {len(different)} are in one of "
            f"them alone, as {different[0]!r}"
        )

    former_codes = pd.Index(former_items).get_indexer(pd.Index(items)) + 1
    former_code_by_code = np.append(0, former_codes).astype(np.int32)  # code 0 pads in both
    arrays = {name: former_code_by_code[np.asarray(examples.arrays[name])] for name in ("items", "target.item")}
    catalogue = {name: encoding[name] for name in ("items", "titles", "genres")}
    return replace(examples, arrays={**examples.arrays, **arrays}, encoding={**examples.encoding, **catalogue})


def _sequences(
    table: tables.Table, parameters: config.Reading, catalogue: Catalogue
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return user, item code (int32), time (seconds) and row in the file of m interactions, by user and time.

    Each is (m,). Users with fewer than `least_interactions` are left out. Raises `InputError` on an item that the
    catalogue lacks, on a repeated item where `repeats` is false, and on a user with one
    interaction.
    """
    column_names = parameters.columns
    least = parameters.least_interactions
    user = table.identities(column_names.user)
    item = table.identities(column_names.item)
    time = table.seconds(column_names.time)

    code = pd.Index(catalogue.ids).get_indexer(pd.Index(item)) + 1
    table.refuse(column_names.item, code == 0, f"is none of the {len(catalogue.ids)} items of prepare.reading.items")
    pairs = pd.DataFrame({"user": user, "item": item})
    if not parameters.repeats:
        is_repeated = pairs.duplicated().to_numpy()
        fault = "comes a second time for its user, which prepare.reading.repeats would allow"
        table.refuse(column_names.item, is_repeated, fault)

    interactions_of_user = pairs.groupby("user", sort=False)["item"].transform("size").to_numpy()
    kept_rows = np.flatnonzero(interactions_of_user >= least)
    if not len(kept_rows):
        raise InputError(
            f"{table.file} has no user with {least} interactions, as prepare.reading.least_interactions asks"
        )
    is_alone = (interactions_of_user == 1) & (interactions_of_user >= least)
    table.refuse(
        column_names.user,
        is_alone,
        "has one interaction, and no next item: prepare.reading.least_interactions leaves such users out",
    )

    user_codes = pd.factorize(user[kept_rows], sort=True)[0]
    order = kept_rows[np.lexsort((kept_rows, time[kept_rows], user_codes))]  # the last key decides first
    return user[order], code[order].astype(np.int32), time[order], order


def _rows_of_users(table: tables.Table, key: str, user: np.ndarray) -> np.ndarray:
    """Return the row of each `user` (n,) in the table of users, whose names are in the column `key`.

    Raises `InputError` on a user whom the table lacks.
    """
    example_columns.require_columns(table, {"prepare.reading.users.key": key})
    row = pd.Index(table.unique_identities(key)).get_indexer(pd.Index(user))
    if (row < 0).any():
        raise InputError(f"user {user[row < 0][0]!r} of the interactions is not in {table.file}")
    return np.asarray(row)


def _encoding(catalogue: Catalogue, parameters: config.Reading) -> dict[str, Any]:
    """Return what network, decoding and baselines need of catalogue and configuration, as plain data."""
    return {
        "items": catalogue.ids.tolist(),
        "titles": catalogue.titles.tolist(),
        "genres": None if catalogue.genres is None else catalogue.genres.tolist(),
        "length": parameters.length,
        "rows_per_user": parameters.rows_per_user,
        "repeats": parameters.repeats,
    }


def percentiles(counts: np.ndarray) -> np.ndarray:
    """Return the popularity percentile of each item, (I,), from its `counts` (I,) of choices.

    It is the item's rank by count, the least chosen first, divided by I: above 0 and at most 1.
    Items with equal counts share the mean of their ranks.
    """
    return pd.Series(counts).rank(pct=True).to_numpy()


def popularity_bands(counts: np.ndarray) -> np.ndarray:
    """Return the name in POPULARITY of each item, (I,), from its `counts` (I,) of choices.

    Items are taken in order of their counts, the most chosen first. An item belongs to the band of
    the third of all choices in which the choices of the items before it end.
    """
    order = counts.argsort(kind="stable")[::-1]
    choices_before = np.cumsum(counts[order]) - counts[order]
    band = np.minimum(choices_before * 3 // max(counts.sum(), 1), 2)
    names = np.empty(len(counts), object)
    names[order] = np.array(POPULARITY, object)[band]
    return names
