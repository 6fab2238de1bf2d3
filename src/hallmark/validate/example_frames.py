"""Example frames: the tables that the contract checks, made by pandas."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.validate import contract

# Values that are read at once, so that a memory-mapped array never fills the memory.
_CHUNK = 1 << 24


class ExampleFrames:
    """The tables that the contract checks, made of the examples' `table`, a frame (see `contract.ExampleRows`)."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    @property
    def columns(self) -> Sequence[str]:
        return list(self.table.columns)

    def all_rows(self) -> pd.DataFrame:
        """Return the examples, with wide numbers."""
        return widened(self.table)

    def array_rows(self, arrays: Mapping[str, np.ndarray]) -> pd.DataFrame:
        """Return a row for each example with the count of values in each array that are NaN or infinite."""
        counts = {
            contract.NOT_FINITE(name): count_not_finite(name, array, len(self.table)) for name, array in arrays.items()
        }
        return self.table[contract.index_of(self.columns)].assign(**counts)

    def split_sizes(self) -> pd.DataFrame:
        """Return a row for each judged split with its count of examples."""
        counts = self.table["split"].value_counts().reindex(contract.JUDGED, fill_value=0)
        return pd.DataFrame({"split": contract.JUDGED, contract.SPLIT_COUNT: counts.to_numpy()})

    def single_splits(self, key: str) -> pd.DataFrame:
        """Return a row for each value of the column `key`, with its splits and an id in each.

        Several are joined by "and", so that they are none of the allowed values.
        """
        first_rows = self._first_rows(key)
        is_in_several = first_rows.duplicated(key, keep=False)
        rows_by_value = first_rows[is_in_several].groupby(key, sort=False)
        in_several = rows_by_value[["split", "id"]].agg(" and ".join).reset_index()
        rows = pd.concat([first_rows[~is_in_several], in_several], ignore_index=True)
        return rows.rename(columns={"split": contract.SPLITS_OF_ONE(key)})

    def split_names(self, key: str) -> list[str]:
        """Return the splits of rows that have a value in the column `key`."""
        return sorted(set(self._first_rows(key)["split"]))

    def _first_rows(self, key: str) -> pd.DataFrame:
        """Return the first row of each value of `key` in each split."""
        return self.table[[key, "split", "id"]].dropna().drop_duplicates([key, "split"]).astype(str)

    def class_counts(self, labels: Sequence[str]) -> pd.DataFrame:
        """Return a row for each judged split and each label, with the count of their examples."""
        pairs = pd.MultiIndex.from_product([contract.JUDGED, labels], names=["split", "label"])
        counts = self.table.groupby(["split", "label"], observed=True).size().reindex(pairs, fill_value=0)
        return counts.rename(contract.LABEL_COUNT).reset_index()

    def group_counts(self, group: str) -> pd.DataFrame:
        """Return a row for each value of the column `group` in any split, with its count of test examples."""
        values = pd.Index(sorted(self.table[group].dropna().astype(str).unique()), name="value")
        test_values = self.table.loc[self.table["split"] == "test", group].astype(str)
        counts = test_values.value_counts().reindex(values, fill_value=0)
        return counts.rename(contract.GROUP_COUNT(group)).reset_index()

    def time_order(self, pairs: Sequence[tuple[str, str]], *, by_first_time: bool) -> pd.DataFrame:
        """Return a row for each pair of splits: the last time of the earlier and the first of the later one.

        `by_first_time`: entities were divided by their first times, so that only these are compared:
        other rows of an entity in the earlier split may be later.
        """
        timed = self.table.dropna(subset=["time"])
        if by_first_time:
            if "entity_start" in self.table:
                timed = timed.assign(time=timed["entity_start"])
            timed = timed.sort_values("time", kind="stable").drop_duplicates("entity")

        spans = self._comparable(timed.groupby("split", observed=True)["time"].agg(["min", "max"]))
        return spans_by_pair(spans, pairs)

    def time_order_within_entities(self, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
        """Return a row for each entity and pair of its splits, with the times of `time_order`."""
        timed = self.table.dropna(subset=["time"])
        spans = self._comparable(timed.groupby(["split", "entity"], observed=True)["time"].agg(["min", "max"]))
        splits = set(spans.index.get_level_values("split"))

        parts = [pd.DataFrame(columns=["entity", "min", "max", "splits"])]
        for earlier, later in pairs:
            if {earlier, later} <= splits:
                of_entities = spans.loc[later][["min"]].join(spans.loc[earlier]["max"], how="inner")
                parts.append(of_entities.assign(splits=f"{earlier} before {later}").reset_index())
        rows = pd.concat(parts[1:] or parts, ignore_index=True)
        return rows.rename(columns={"min": contract.LATER_BEGIN, "max": contract.EARLIER_END})

    def _comparable(self, spans: pd.DataFrame) -> pd.DataFrame:
        """Return the first and last times of splits as numbers or, if they are dates, as texts.

        ISO 8601 texts sort like the dates, and are readable in the Data Docs.
        """
        return spans if pd.api.types.is_numeric_dtype(self.table["time"]) else spans.map(str)


def spans_by_pair(spans: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return a row for each pair of splits that both have times: the end of the earlier, the begin of the later one.

    `spans`: the first and last time by split, in the columns min and max.
    """
    present_pairs = [(earlier, later) for earlier, later in pairs if {earlier, later} <= set(spans.index)]
    return pd.DataFrame(
        {
            "splits": [f"{earlier} before {later}" for earlier, later in present_pairs],
            contract.LATER_BEGIN: spans["min"].reindex([later for _, later in present_pairs]).to_numpy(),
            contract.EARLIER_END: spans["max"].reindex([earlier for earlier, _ in present_pairs]).to_numpy(),
        }
    )


def widened(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with 64-bit floats and integers, in one block of memory for each type: fast to check.

    Great Expectations compares other number types row by row in Python, and copies the frame for
    every expectation.
    """
    wide_types = {"f": np.float64, "i": np.int64}
    types = {
        column: wide_types[dtype.kind]
        for column, dtype in table.dtypes.items()
        if isinstance(dtype, np.dtype) and dtype.kind in wide_types
    }
    return table.astype(types).copy()


def count_not_finite(name: str, array: np.ndarray, rows: int) -> np.ndarray:
    """Return the number of values in each row of an array (n, …) that are NaN or infinite, (n,) int64."""
    if len(array) != rows:
        raise InputError(f"array {name!r} has {len(array)} rows where examples.parquet has {rows}")
    counts = np.zeros(rows, np.int64)
    if not np.issubdtype(array.dtype, np.inexact):
        return counts

    step = max(1, _CHUNK // max(1, array[:1].size))
    for start in range(0, rows, step):
        chunk = array[start : start + step]
        is_finite = np.isfinite(chunk).reshape(len(chunk), -1)
        counts[start : start + step] = (~is_finite).sum(axis=1)
    return counts
