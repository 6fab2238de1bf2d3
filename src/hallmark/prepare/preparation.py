"""Preparation: raw examples into prepared ones, with a split and a fingerprint each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from hallmark.config.section import Section
from hallmark.contracts.examples import SPLITS, Examples
from hallmark.errors import InputError
from hallmark.prepare.fingerprints import fingerprint_rows
from hallmark.prepare.splits import assign_splits


def prepare_examples(
    raw: Examples,
    *,
    method: str,
    fractions: Mapping[str, float],
    seed: int,
    windows: Mapping[str, float] | None = None,
    encode: Callable[[Examples], Examples] | None = None,
) -> Examples:
    """Return the examples that have a split, with `split` and `fingerprint`; the others are dropped.

    `encode` is a system's `reading.encode`, where it has one; the other arguments are those of
    `assign_splits`. Raises `InputError` where there is no example or no way to split.
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
    """Return the examples with an encoding that holds, as "reading", the values that `reading` has for `keys`.

    `reading` is the section `prepare.reading`, `keys` are the system's `reading.INPUTS`: what a later
    reading of other raw data needs to make the same inputs.
    """
    content = reading.model_dump()
    recorded = {key: content[key] for key in keys}
    return replace(examples, encoding={**examples.encoding, "reading": recorded})


def summarise_splits(raw: Examples, prepared: Examples) -> pd.DataFrame:
    """Return rows, entities, first and last time of each split, and the count of raw rows that are in none.

    That count stands in the row "dropped": they got no split, or the system's `encode` left them out.
    Where encoding makes other rows of the raw ones, those count as dropped whose entity is gone.
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
