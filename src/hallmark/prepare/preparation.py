"""Preparation: every raw example gets a split and a fingerprint, and its arrays are encoded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from hallmark.config.section import Section
from hallmark.config.split_keys import SplitMethod
from hallmark.contracts.examples import SPLITS, Examples
from hallmark.errors import InputError
from hallmark.prepare.fingerprints import fingerprint_rows
from hallmark.prepare.splits import assign_splits


def prepare_examples(
    raw: Examples,
    *,
    method: SplitMethod,
    fractions: Mapping[str, float],
    seed: int,
    windows: Mapping[str, float] | None = None,
    encode: Callable[[Examples], Examples] | None = None,
) -> Examples:
    """Return the examples that get a split, with the columns `split` and `fingerprint`.

    Examples without a split are dropped. `encode` makes the arrays of a network's inputs from the
    examples and their splits: the system's `reading.encode`, or None where it has none. The other
    arguments are those of `assign_splits`.

    Raises `InputError` where there is no example or no way to split.
    """
    if not len(raw):
        raise InputError("the raw data holds no examples")

    split = assign_splits(raw.table, method=method, fractions=fractions, seed=seed, windows=windows)
    table = raw.table.drop(columns=["split"], errors="ignore")
    table.insert(1, "split", split)
    examples = replace(raw, table=table)

    has_split = split != ""
    if not has_split.all():
        examples = examples.take(has_split)
    if encode:
        examples = encode(examples)

    fingerprints = fingerprint_rows(examples.arrays)
    return replace(examples, table=examples.table.assign(fingerprint=fingerprints))


def record_reading(examples: Examples, reading: Section, keys: Sequence[str]) -> Examples:
    """Return the examples with the values of `keys` recorded in their encoding, under "reading".

    `reading` is the section `prepare.reading`, and `keys` are the system's `reading.INPUTS`: the
    values that make the same inputs when other raw data is read later.
    """
    section = reading.model_dump()
    recorded_values = {key: section[key] for key in keys}
    return replace(examples, encoding={**examples.encoding, "reading": recorded_values})


def summarise_splits(raw: Examples, prepared: Examples) -> pd.DataFrame:
    """Return the counts of rows and entities of each split, with its first and last time.

    Columns: split, rows, entities and, with times, first_time, last_time. The last row, "dropped",
    counts the raw rows that are in no split: they got none, or the system's `encode` left them out.
    Where `encode` replaces the raw rows by others (windows of a text, say), a raw row counts as
    dropped if its entity is gone.
    """
    by_split = prepared.table.groupby("split")
    summary = by_split.agg(rows=("id", "size"), entities=("entity", "nunique"))
    if "time" in prepared.table:
        summary[["first_time", "last_time"]] = by_split["time"].agg(["min", "max"])
    summary = summary.reindex([name for name in SPLITS if name in summary.index])

    keeps_rows = prepared.table["id"].isin(raw.table["id"]).all()
    key = "id" if keeps_rows else "entity"
    is_dropped = ~raw.table[key].isin(prepared.table[key])
    summary.loc["dropped", "rows"] = int(is_dropped.sum())
    return summary.astype({"rows": int, "entities": "Int64"}).reset_index(names="split")
