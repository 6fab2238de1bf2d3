"""From tables of interactions, users and items to examples: the next item of a user after each of the earlier ones.

The catalogue and the order of a user's items are all that reading makes; how popular an item is, is counted by `encode`
in the training split alone.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.errors import InputError
from hallmark.formats import example_columns, folders, tables
from hallmark.formats.folders import RawFolder
from hallmark.systems.recommendation import config
from hallmark.systems.recommendation.reading import catalogue as catalogues
from hallmark.systems.recommendation.reading import sequences
from hallmark.systems.recommendation.reading.catalogue import Catalogue

INPUTS = ("length", "memory")
POPULARITY = ("popular", "medium", "niche")  # items that make up a third each of what was chosen in training
_DAY = 86_400.0


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return a row for each interaction in `folder` but a user's first, ordered by user and time.

    The arrays are `items` (n, memory) int32, codes of the earlier items, the latest last, 0 where there are fewer;
    `days_ago` (n, memory) float32; and `target.item` (n,) int32. Raises `InputError` on anything that is missing,
    unreadable or not as declared.
    """
    length = parameters.length
    memory = parameters.memory
    raw = folders.discover(folder, parameters.leave_out)
    table = catalogues.load_table(raw, parameters.interactions, "prepare.reading.interactions.file")
    named = parameters.columns.model_dump()
    example_columns.require_columns(
        table, {f"prepare.reading.columns.{role}": column for role, column in named.items()}
    )
    catalogue = catalogues.read(raw, parameters.items, table, parameters.columns.item)

    user, code, time = _sequences(table, parameters, catalogue)
    place = sequences.positions(user)
    rows = np.flatnonzero(place > 0)
    items = sequences.earlier(code, place, memory)[rows]
    times = sequences.earlier(time, place, memory)[rows]
    days_ago = np.where(items > 0, (time[rows, None] - times) / _DAY, 0).astype(np.float32)

    examples = pd.DataFrame(
        {
            "id": [f"{name} {number}" for name, number in zip(user[rows], place[rows], strict=True)],
            "entity": user[rows],
            "time": time[rows],
            "label": catalogue.titles[code[rows] - 1],
        }
    )
    examples = pd.concat([examples, _groups_of_users(raw, parameters, user[rows])], axis=1)
    if catalogue.genres is not None:
        examples[GROUP + "genre"] = catalogue.genres[code[rows] - 1]
    examples[DESCRIPTOR + "history_length"] = np.minimum(place[rows], length).astype(float)
    examples[DESCRIPTOR + "days_since_last"] = days_ago[:, -1].astype(float)
    raw.require_all_read()

    arrays = {"items": items, "days_ago": days_ago, "target.item": code[rows]}
    encoding = _encoding(catalogue, parameters)
    return Examples(examples, arrays, (), Source.of(folder, parameters.source_words()), encoding)


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Keep the rows that `sequences.keep` names, with `target.counted` (n, length) bool: the positions whose next item
    counts; and add the target's group of popularity and the mean popularity of the history, as counted in training.

    Given the `encoding` of a former model, items get its codes, and popularity is as it was counted then. Raises
    `InputError` where its catalogue holds other items: it could not rank the new ones, and would rank those gone.
    """
    if encoding is not None:
        examples = _recoded(examples, encoding)

    length = examples.encoding["length"]
    memory = examples.arrays["items"].shape[1]
    rows, counted = sequences.keep(examples.table, length=length, rows_per_user=examples.encoding["rows_per_user"])
    start = examples.table.groupby("entity")["time"].transform("min")
    encoded = replace(examples, table=examples.table.assign(entity_start=start)).take(rows)
    arrays = {**encoded.arrays, "target.counted": np.arange(length) >= length - counted[:, None]}

    if encoding is None:
        is_train = (encoded.table["split"] == "train").to_numpy()
        next_items = sequences.following(arrays)[is_train][arrays["target.counted"][is_train]]
        counts = np.bincount(next_items, minlength=len(examples.encoding["items"]) + 1)[1:]
    else:
        counts = np.asarray(encoding["training_counts"])

    percentile = np.append(0.0, percentiles(counts))  # 0 pads
    history = arrays["items"][:, memory - length :]
    mean_percentile = percentile[history].sum(axis=1) / (history > 0).sum(axis=1)
    table = encoded.table.assign(
        **{
            GROUP + "popularity": popularity_bands(counts)[arrays["target.item"] - 1],
            DESCRIPTOR + "history_popularity": mean_percentile,
        }
    )
    own_encoding = {**examples.encoding, "training_counts": counts.tolist()}
    return replace(encoded, table=table, arrays=arrays, encoding=own_encoding)


def _recoded(examples: Examples, encoding: Mapping[str, Any]) -> Examples:
    """Return the examples with the item codes of another `encoding` of the same catalogue."""
    items = list(examples.encoding["items"])
    former_items = list(encoding["items"])
    different = sorted(set(items) ^ set(former_items))
    if different:
        raise InputError(
            f"the catalogue has {len(items)} items, the encoding {len(former_items)}: {len(different)} are in one of "
            f"them alone, as {different[0]!r}"
        )

    former_codes = pd.Index(former_items).get_indexer(pd.Index(items)) + 1
    code = np.append(0, former_codes).astype(np.int32)  # 0 pads
    arrays = {name: code[np.asarray(examples.arrays[name])] for name in ("items", "target.item")}
    catalogue = {name: encoding[name] for name in ("items", "titles", "genres")}
    return replace(examples, arrays={**examples.arrays, **arrays}, encoding={**examples.encoding, **catalogue})


def _sequences(
    table: tables.Table, parameters: config.Reading, catalogue: Catalogue
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return user, item code (int32) and time (s) of each interaction, ordered by user and time."""
    named = parameters.columns
    least = parameters.least_interactions
    user = table.identities(named.user)
    item = table.identities(named.item)
    time = table.seconds(named.time)

    code = pd.Index(catalogue.ids).get_indexer(pd.Index(item)) + 1
    table.refuse(named.item, code == 0, f"is none of the {len(catalogue.ids)} items of prepare.reading.items")
    pairs = pd.DataFrame({"user": user, "item": item})
    if not parameters.repeats:
        again = pairs.duplicated().to_numpy()
        fault = "comes a second time for its user, which prepare.reading.repeats would allow"
        table.refuse(named.item, again, fault)

    count = pairs.groupby("user", sort=False)["item"].transform("size").to_numpy()
    kept = np.flatnonzero(count >= least)
    if not len(kept):
        raise InputError(
            f"{table.file} has no user with {least} interactions, as prepare.reading.least_interactions asks"
        )
    alone = (count == 1) & (count >= least)
    table.refuse(
        named.user,
        alone,
        "has one interaction, and no next item: prepare.reading.least_interactions leaves such users out",
    )
    order = kept[np.lexsort((kept, time[kept], pd.factorize(user[kept], sort=True)[0]))]
    return user[order], code[order].astype(np.int32), time[order]


def _groups_of_users(folder: RawFolder, parameters: config.Reading, user: np.ndarray) -> pd.DataFrame:
    """Return groups and descriptors of each row's user. Raises `InputError` on one whom the table of users lacks."""
    users = parameters.users
    if users is None:
        return pd.DataFrame(index=range(len(user)))

    table = catalogues.load_table(folder, users, "prepare.reading.users.file")
    example_columns.require_columns(table, {"prepare.reading.users.key": users.key})
    row = pd.Index(table.unique_identities(users.key)).get_indexer(pd.Index(user))
    if (row < 0).any():
        raise InputError(f"user {user[row < 0][0]!r} of the interactions is not in {table.file}")
    return example_columns.bind_groups(table, parameters, rows=row)


def _encoding(catalogue: Catalogue, parameters: config.Reading) -> dict[str, Any]:
    return {
        "items": catalogue.ids.tolist(),
        "titles": catalogue.titles.tolist(),
        "genres": None if catalogue.genres is None else catalogue.genres.tolist(),
        "length": parameters.length,
        "rows_per_user": parameters.rows_per_user,
        "repeats": parameters.repeats,
    }


def percentiles(counts: np.ndarray) -> np.ndarray:
    """Return each item's place (I,) in the order of popularity, above 0 to 1, the most chosen; equal ones share it."""
    return pd.Series(counts).rank(pct=True).to_numpy()


def popularity_bands(counts: np.ndarray) -> np.ndarray:
    """Return the name in POPULARITY of each item (I,): the most chosen ones until a third of all choices is reached,
    and so on.
    """
    order = counts.argsort(kind="stable")[::-1]
    before = np.cumsum(counts[order]) - counts[order]
    names = np.empty(len(counts), object)
    names[order] = np.array(POPULARITY, object)[np.minimum(before * 3 // max(counts.sum(), 1), 2)]
    return names
