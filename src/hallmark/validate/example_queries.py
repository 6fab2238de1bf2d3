"""Example queries: the tables that the contract checks, made by DuckDB, for very many examples."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hallmark.validate import contract, example_frames
from hallmark.validate.data_checks import DatabaseTable
from hallmark.validate.database import Database
from hallmark.validate.sql_names import ROW, listed, quoted


class ExampleQueries:
    """The tables that the contract checks, made of the examples' `table` in the database.

    They are those of `example_frames.ExampleFrames`, whose docstrings say what they hold. Small ones
    come as frames.
    """

    def __init__(self, database: Database, table: DatabaseTable) -> None:
        self._database = database
        self._table = table
        self._numbered = database.numbered(table)
        self.columns: Sequence[str] = list(database.columns(table.name))

    def all_rows(self) -> DatabaseTable:
        return self._table

    def array_rows(self, arrays: Mapping[str, np.ndarray]) -> DatabaseTable:
        n = len(self._table)
        counts = pd.DataFrame(
            {
                contract.NOT_FINITE(name): example_frames.count_not_finite(name, array, n)
                for name, array in arrays.items()
            },
            index=range(n),
        )
        counted = self._database.add_frame(counts)
        index = contract.index_of(self.columns)
        if not index:
            return counted
        pairs = f"(SELECT {listed(index)} FROM {self._numbered}) POSITIONAL JOIN {counted.name}"
        return self._database.add_query(f"SELECT * FROM {pairs}")

    def split_sizes(self) -> pd.DataFrame:
        counts = self._counts(["split"])["n"].reindex(contract.JUDGED, fill_value=0)
        return pd.DataFrame({"split": contract.JUDGED, contract.SPLIT_COUNT: counts.to_numpy()})

    def single_splits(self, key: str) -> DatabaseTable:
        several = self._database.add_query(
            f"SELECT key FROM ({self._filled(key)}) GROUP BY key HAVING min(split) <> max(split)",
        )
        first_rows = (
            f"SELECT key, split, arg_min(id, {ROW}) AS id, min({ROW}) AS {ROW} FROM ({self._filled(key)}) "
            f"WHERE key IN (SELECT key FROM {several.name}) GROUP BY key, split"
        )
        in_several = (
            f"SELECT key, string_agg(split, ' and ' ORDER BY {ROW}) AS split, "
            f"string_agg(id, ' and ' ORDER BY {ROW}) AS id, min({ROW}) AS {ROW} FROM ({first_rows}) GROUP BY key"
        )
        in_one = (
            f"SELECT key, min(split) AS split, arg_min(id, {ROW}) AS id FROM ({self._filled(key)}) GROUP BY key "
            "HAVING min(split) = max(split)"
        )
        # A value of an entity is shown, one of a fingerprint is not: so it takes no room.
        shown = f"key AS {quoted(key)}, " if key == "entity" else ""
        names = f"{shown}split AS {quoted(contract.SPLITS_OF_ONE(key))}, id"
        first = f"SELECT {names} FROM (SELECT * FROM ({in_several}) ORDER BY {ROW})"
        return self._database.add_query(f"{first} UNION ALL SELECT {names} FROM ({in_one})")

    def split_names(self, key: str) -> list[str]:
        splits = self._database.frame(f"SELECT DISTINCT split FROM ({self._filled(key)})")["split"]
        return sorted(splits)

    def class_counts(self, labels: Sequence[str]) -> pd.DataFrame:
        pairs = pd.MultiIndex.from_product([contract.JUDGED, labels], names=["split", "label"])
        counts = self._counts(["split", "label"])["n"].reindex(pairs, fill_value=0)
        return counts.rename(contract.LABEL_COUNT).reset_index()

    def group_counts(self, group: str) -> pd.DataFrame:
        counts = self._database.frame(
            f"SELECT CAST({quoted(group)} AS VARCHAR) AS value, count(*) FILTER (WHERE split = 'test') AS n "
            f"FROM {self._numbered} WHERE {quoted(group)} IS NOT NULL GROUP BY value ORDER BY value"
        )
        return counts.rename(columns={"n": contract.GROUP_COUNT(group)})

    def time_order(self, pairs: Sequence[tuple[str, str]], *, by_first_time: bool) -> pd.DataFrame:
        timed = f"SELECT split, time FROM {self._numbered} WHERE time IS NOT NULL"
        if by_first_time:
            time = "entity_start" if "entity_start" in self.columns else "time"
            first = f"struct_extract(arg_min({{'split': split}}, ({time}, {ROW})), 'split')"
            rows = f"FROM {self._numbered} WHERE time IS NOT NULL GROUP BY entity"
            timed = f"SELECT {first} AS split, min({time}) AS time {rows}"
        spans = self._database.frame(
            f"SELECT split, min(time) AS min, max(time) AS max FROM ({timed}) WHERE split IS NOT NULL GROUP BY split"
        ).set_index("split")
        is_number = pd.api.types.is_numeric_dtype(spans["min"])
        return example_frames.spans_by_pair(spans if is_number else spans.map(str), pairs)

    def time_order_within_entities(self, pairs: Sequence[tuple[str, str]]) -> DatabaseTable:
        spans = self._database.add_query(
            f"SELECT split, entity, min(time) AS min, max(time) AS max FROM {self._numbered} "
            "WHERE time IS NOT NULL AND split IS NOT NULL AND entity IS NOT NULL GROUP BY split, entity",
        )
        parts = [
            f"SELECT entity, later.min AS {quoted(contract.LATER_BEGIN)}, "
            f"earlier.max AS {quoted(contract.EARLIER_END)}, '{first} before {second}' AS splits "
            f"FROM {spans.name} AS later JOIN {spans.name} AS earlier USING (entity) "
            f"WHERE later.split = '{second}' AND earlier.split = '{first}'"
            for first, second in pairs
        ]
        return self._database.add_query(" UNION ALL ".join(parts))

    def _filled(self, key: str) -> str:
        """Return the query of the rows that have a value of `key`, a split and an id, all as text."""
        texts = f"CAST({quoted(key)} AS VARCHAR) AS key, CAST(split AS VARCHAR) AS split, CAST(id AS VARCHAR) AS id"
        filled = f"{quoted(key)} IS NOT NULL AND split IS NOT NULL AND id IS NOT NULL"
        return f"SELECT {texts}, {ROW} FROM {self._numbered} WHERE {filled}"

    def _counts(self, columns: list[str]) -> pd.DataFrame:
        """Return the number of rows `n` of each combination of values in `columns`, which are the index."""
        filled = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
        sql = f"SELECT {listed(columns)}, count(*) AS n FROM {self._numbered} WHERE {filled} GROUP BY {listed(columns)}"
        return self._database.frame(sql).set_index(columns)
