"""Table sources: a table to check, in memory or in the database, and the frames of the checks on it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq

from hallmark import expectation_schema
from hallmark.validate import engines, example_frames
from hallmark.validate.data_checks import CheckedFrame, DatabaseTable, DataCheck, Rows
from hallmark.validate.sql_names import ROW, quoted

if TYPE_CHECKING:
    from hallmark.validate.database import Database

_alias = "condition_column_{}".format


@dataclass(frozen=True)
class TableSource:
    """A table and where its rows are.

    name: The name of a raw table; "" for the examples.
    sample: Some rows or none, with all columns in their types.
    frame: All rows; None: they are in the file.
    file: A Parquet file of all rows, where `frame` is None.
    index: The columns that identify a row, for messages; those of `row_number` are no columns of
        the table.
    units: What a row is, plural.
    table: The table in the database, where it is there (`in_database`).
    row_number: The column in which `frames` counts the rows from 1; "" where there is no need.
    """

    name: str
    sample: pd.DataFrame
    n: int
    frame: pd.DataFrame | None = None
    file: Path | None = None
    table: DatabaseTable | None = None
    index: tuple[str, ...] = ()
    units: str = "rows"
    row_number: str = ""

    def load(self, columns: Iterable[str]) -> pd.DataFrame:
        """Return some columns of all rows as a frame with wide numbers; those that are not there are left out."""
        present = [column for column in dict.fromkeys(columns) if column in self.sample]
        if self.frame is not None:
            return example_frames.widened(self.frame[present])
        assert self.file is not None
        return example_frames.widened(pd.read_parquet(self.file, columns=present))


def of_file(name: str, file: Path, **about: Any) -> TableSource:
    """Return the source of a Parquet file, of which only the schema is read."""
    parquet = pq.ParquetFile(file)
    sample = parquet.schema_arrow.empty_table().to_pandas()
    return TableSource(name, sample, parquet.metadata.num_rows, file=file, **about)


def frames(
    source: TableSource, checks: list[DataCheck], database: "Database | None", *, is_large: bool
) -> list[CheckedFrame]:
    """Return the frames of the checks on a table.

    Of a large table, the database computes what it can, and pandas the rest, on the columns that are
    needed. Of another one, pandas computes all but queries.
    """
    runs_in_database = engines.runs_in_database if is_large else engines.needs_database
    by_database = [check for check in checks if runs_in_database(check)]
    by_pandas = [check for check in checks if check not in by_database]

    made = []
    if by_database:
        assert source.table is not None
        made += _frames_of_rows(source, source.table, by_database, database)
    of_pandas = []
    if by_pandas and source.frame is not None:
        of_pandas = _frames_of_rows(source, source.load(map(str, source.sample)), by_pandas, None)
    elif by_pandas:
        of_pandas = [_frame_of_needed_columns(source, check) for check in by_pandas]
    return [*made, *(replace(frame, not_in_database=is_large) for frame in of_pandas)]


def in_database(source: TableSource, database: "Database") -> TableSource:
    """Return the source with its table in the database, which it is added to."""
    if source.frame is not None:
        return replace(source, table=database.add_frame(source.frame))
    assert source.file is not None
    return replace(source, table=database.add_parquet(source.file))


def _frames_of_rows(
    source: TableSource, rows: Rows, checks: list[DataCheck], database: "Database | None"
) -> list[CheckedFrame]:
    """Return the frames of checks without and with a condition, and of those on the table's shape.

    Great Expectations turns a condition into an expression that contains the column's name. So that
    no name is run as code, each column of a condition is repeated under a name that is a plain word.
    """
    of_shape = [check for check in checks if check.type in engines.ON_SHAPE and source.row_number]
    others = [check for check in checks if check not in of_shape]
    plain = [check for check in others if check.condition is None]
    conditional = [check for check in others if check.condition is not None]

    conditions = [check.condition for check in conditional if check.condition]
    columns = dict.fromkeys(leaf.column for condition in conditions for leaf in condition.leaves)
    free_names = (_alias(number) for number in count() if _alias(number) not in source.sample)
    aliases = dict(zip(columns, free_names, strict=False))

    base = CheckedFrame(rows, [], source.units, of_shape, table=source.name)
    numbered = replace(base, index=list(source.index), checks=plain)
    made = [base] if of_shape else []
    if plain:
        made.append(replace(numbered, rows=_with_columns(source, rows, {}, database)))
    if conditional:
        with_aliases = _with_columns(source, rows, aliases, database)
        made.append(replace(numbered, rows=with_aliases, checks=conditional, aliases=aliases))
    return made


def _with_columns(source: TableSource, rows: Rows, aliases: dict[str, str], database: "Database | None") -> Rows:
    """Return the rows with the number of each, if the source has one, and with columns repeated under their aliases."""
    if not aliases and not source.row_number:
        return rows
    if isinstance(rows, pd.DataFrame):
        added: dict[str, Any] = {alias: rows[column] for column, alias in aliases.items()}
        if source.row_number:
            added[source.row_number] = range(1, len(rows) + 1)
        return rows.assign(**added)

    assert database is not None
    expressions = [f"{quoted(column)} AS {quoted(alias)}" for column, alias in aliases.items()]
    if source.row_number:
        expressions.append(f"{ROW} AS {quoted(source.row_number)}")
    return database.add_extended(rows, expressions)


def _frame_of_needed_columns(source: TableSource, check: DataCheck) -> CheckedFrame:
    """Return the frame of one check on a table that is not in memory, with the columns that it needs."""
    needed = [column for _, column in expectation_schema.columns({"arguments": check.arguments})]
    leaves = check.condition.leaves if check.condition else ()
    needed += [leaf.column for leaf in leaves]
    needed += [str(value) for value in check.arguments.values() if check.own_class and str(value) in source.sample]
    rows = source.load(needed)
    others = [column for column in source.index if column in source.sample and column not in rows]
    if others:  # as Arrow has them, which takes a quarter of the memory
        table = pq.read_table(source.file, columns=others)
        rows = rows.assign(**table.to_pandas(types_mapper=pd.ArrowDtype))
    (frame,) = _frames_of_rows(source, rows, [check], None)
    return frame
