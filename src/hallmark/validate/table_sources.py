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
    needed. Of another one, pandas computes all but queries. Great Expectations takes a column for
    another one whose name differs in capital letters alone, so that a check of such a column sees the
    columns that it names, and no others.
    """
    if is_large and database is not None and source.table is not None:
        kinds = database.columns(source.table.name)
        by_database = [check for check in checks if engines.runs_in_database(check, kinds)]
    else:
        by_database = [check for check in checks if engines.needs_database(check)]
    ambiguous = [
        check for check in checks if not engines.needs_database(check) and _is_ambiguous(source, _named_columns(check))
    ]
    by_database = [check for check in by_database if check not in ambiguous]
    by_pandas = [check for check in checks if check not in by_database and check not in ambiguous]

    made = []
    if by_database:
        assert source.table is not None
        made += _frames_of_rows(source, source.table, by_database, database)
    of_pandas = []
    if by_pandas and source.frame is not None:
        of_pandas = _frames_of_rows(source, source.load(map(str, source.sample)), by_pandas, None)
    elif by_pandas:
        of_pandas = [_frame_of_needed_columns(source, check) for check in by_pandas]
    of_pandas += [_frame_of_needed_columns(source, check) for check in ambiguous]
    return [*made, *(replace(frame, not_in_database=is_large) for frame in of_pandas)]


def in_database(source: TableSource, database: "Database") -> TableSource:
    """Return the source with its table in the database, which it is added to.

    Raises `InputError` where the database takes two of its columns for one.
    """
    subject = f"the raw table {source.name}" if source.name else "the table of the examples"
    engines.require_told_apart(map(str, source.sample), subject)
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


def _named_columns(check: DataCheck) -> list[str]:
    """Return the columns that a check on values names; none where it is about the table's shape."""
    if check.type in engines.ON_SHAPE:
        return []
    named = [column for _, column in expectation_schema.columns({"arguments": check.arguments})]
    return named + [leaf.column for leaf in (check.condition.leaves if check.condition else ())]


def _is_ambiguous(source: TableSource, names: Iterable[str]) -> bool:
    """Return whether the table has a column whose name is one of `names` but for capital letters."""
    folded = {str(name).casefold(): str(name) for name in names}
    return any(folded.get(str(column).casefold(), column) != column for column in source.sample)


def _frame_of_needed_columns(source: TableSource, check: DataCheck) -> CheckedFrame:
    """Return the frame of one check, by pandas, with the columns that it needs and no others.

    Raises `InputError` where it needs two whose names differ in capital letters alone.
    """
    needed = _named_columns(check)
    needed += [str(value) for value in check.arguments.values() if check.own_class and str(value) in source.sample]
    engines.require_told_apart([*dict.fromkeys(needed)], f"the expectation {check.name}")
    rows = source.load(needed)
    if source.frame is not None:
        rows = rows.assign(**source.load([column for column in source.index if column not in rows]))
    others = [column for column in source.index if column in source.sample and column not in rows]
    if others:  # as Arrow has them, which takes a quarter of the memory
        table = pq.read_table(source.file, columns=others)
        rows = rows.assign(**table.to_pandas(types_mapper=pd.ArrowDtype))
    (frame,) = _frames_of_rows(source, rows, [check], None)
    return frame
