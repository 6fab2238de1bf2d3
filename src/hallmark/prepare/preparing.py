"""Raw examples into prepared ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from hallmark.contracts.examples import SPLITS, Examples
from hallmark.errors import InputError
from hallmark.prepare.fingerprints import fingerprint
from hallmark.prepare.splitting import assign


def prepare(
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
    `splitting.assign`. Raises `InputError` where there is no example or no way to split.
    """
    if not len(raw):
        raise InputError("the raw data holds no examples")
    split = assign(raw.table, method=method, fractions=fractions, seed=seed, windows=windows)
    table = raw.table.drop(columns=["split"], errors="ignore")
    table.insert(1, "split", split)
    kept = split != ""
    examples = replace(raw, table=table)
    examples = examples if kept.all() else examples.take(kept)
    examples = encode(examples) if encode else examples
    return replace(examples, table=examples.table.assign(fingerprint=fingerprint(examples.arrays)))


def with_reading(examples: Examples, reading: Mapping[str, Any], inputs: Sequence[str]) -> Examples:
    """Return the examples with the values of the keys `inputs` of the configuration `reading` in their encoding."""
    kept = {key: reading[key] for key in inputs}
    return replace(examples, encoding={**examples.encoding, "reading": kept})


def label_column(reading: Mapping[str, Any]) -> str:
    """Return what the raw data calls the label, as far as the section `prepare.reading` names it, else "label"."""
    columns = reading.get("columns") or {}
    named = reading.get("label") or reading.get("action") or columns.get("label") or columns.get("text")
    return str(named or "label")


def summarise(raw: Examples, prepared: Examples) -> pd.DataFrame:
    """Return rows, entities, first and last time of each split, and how many raw rows went to none, or were left out by
    the system's `encode` ("dropped").

    Where encoding has made other rows of the raw ones, those count as dropped whose entity is gone.
    """
    by_split = prepared.table.groupby("split")
    counts = by_split.agg(rows=("id", "size"), entities=("entity", "nunique"))
    if "time" in prepared.table:
        counts[["first_time", "last_time"]] = by_split["time"].agg(["min", "max"])
    counts = counts.reindex([name for name in SPLITS if name in counts.index])
    key = "id" if prepared.table["id"].isin(raw.table["id"]).all() else "entity"
    counts.loc["dropped", "rows"] = int((~raw.table[key].isin(prepared.table[key])).sum())
    return counts.astype({"rows": int, "entities": "Int64"}).reset_index(names="split")
