"""Raw tables: files of the raw folder as they came, and the checks on them.

Cells of a text file are text, unless the configuration declares a column's type. A cell that is not
what is declared counts as missing in that column, and breaks a rule of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from hallmark.config import table_files
from hallmark.config.stages import RawTable as RawSection
from hallmark.contracts.checks import RAW_TYPES
from hallmark.errors import InputError
from hallmark.formats import tables
from hallmark.formats.folders import RawFolder, is_inside
from hallmark.validate import engines, table_sources
from hallmark.validate.data_checks import CheckedFrame, DataCheck
from hallmark.validate.engines import IN_DATABASE_FROM
from hallmark.validate.table_sources import TableSource

_ROW = "row"  # the column in which rows are counted, for messages
_NOT_OF_TYPE = "cells of {} that are no {}".format
_MAX_CELLS_WITHOUT_TYPE = 20


@dataclass(frozen=True)
class RawTable:
    """A raw table, with what is expected of it.

    faults: A row for each row of the table, with the cells that are not of the declared type, each
        column named by `_NOT_OF_TYPE`; without columns where no type is declared.
    expectations: {name: {type, arguments, severity}}.
    """

    source: TableSource
    faults: pd.DataFrame
    expectations: Mapping[str, Mapping[str, Any]]

    @property
    def section(self) -> str:
        """The key under which the expectations stand."""
        return f"validate.raw.{self.source.name}.expectations"


def read_raw_tables(
    folder: Path, sections: Mapping[str, RawSection], *, in_database_from: int = IN_DATABASE_FROM
) -> list[RawTable]:
    """Return the raw tables that a task declares, {name: section `validate.raw.<name>`}, in files of the raw `folder`.

    Of a Parquet file of at least `in_database_from` rows only the schema is read.

    Raises `InputError` where there is no such file, it can't be read, or lacks a column of `types`.
    """
    return [_read(folder, name, section, in_database_from) for name, section in sections.items()]


def _read(folder: Path, name: str, section: RawSection, in_database_from: int) -> RawTable:
    key = f"validate.raw.{name}.file"
    path = folder / section.file
    if not is_inside(section.file) or not path.is_file():
        raise InputError(f"the raw file is missing: {path}; {key} names it")
    expectations = {each: expectation.model_dump() for each, expectation in section.expectations.items()}

    if table_files.table_format(section.file) == "parquet" and not section.types:
        try:
            source = table_sources.of_file(name, path)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{path} cannot be read as parquet: {' '.join(str(error).split())[:200]}") from error
        if source.n >= in_database_from and engines.tells_apart(map(str, source.sample)):
            return RawTable(_numbered(source), pd.DataFrame(index=range(source.n)), expectations)

    raw_folder = RawFolder(folder, {section.file: path})
    table = tables.load(
        raw_folder,
        section.file,
        separator=section.separator,
        encoding=section.encoding,
        columns=section.header,
        key=key,
    )
    frame, faults = _typed(table, section.types, f"validate.raw.{name}.types")
    source = TableSource(name, frame, len(frame), frame=frame)
    return RawTable(_numbered(source), faults, expectations)


def types_frame(table: RawTable) -> CheckedFrame:
    """Return the frame that checks the types of cells: one check for each column with a declared type."""
    checks = []
    for fault_column in table.faults.columns:
        column, _, noun = fault_column.removeprefix("cells of ").rpartition(" that are no ")
        rule = f"every filled cell of {column} is a {noun}"
        arguments = {"column": fault_column}
        checks.append(DataCheck(RAW_TYPES, column, "expect_column_values_to_be_null", arguments, rule))
    row = table.source.row_number
    rows = table.faults.assign(**{row: range(1, len(table.faults) + 1)})
    return CheckedFrame(rows, [row], table.source.units, checks, table=table.source.name)


def _numbered(source: TableSource) -> TableSource:
    """Return the source with a name for the column that counts its rows, which no column of the table has."""
    name = _ROW
    while name in source.sample:
        name = f"{name} of the file"
    return TableSource(**{**vars(source), "row_number": name, "index": (name,)})


def _typed(
    table: tables.Table, types: Mapping[str, Literal["number", "time"]], key: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table with its declared types, and the cells that are not of them (see `RawTable.faults`)."""
    typed = {}
    faults = {}
    for column, kind in types.items():
        if column not in table.frame:
            raise InputError(
                f"{key} names the column {column!r}, which {table.file} doesn't have: it has {list(table.frame)[:30]}"
            )
        cells = table.frame[column]
        if kind == "number":
            values = pd.to_numeric(cells, errors="coerce")
        else:
            texts = cells.astype("string")
            offsets = texts.dropna().str.extract(r"(Z|[+-]\d\d:?\d\d)$")[0].nunique(dropna=False)
            values = pd.to_datetime(texts, errors="coerce", format="ISO8601", utc=offsets > 1)
        typed[column] = values
        faults[_NOT_OF_TYPE(column, kind)] = cells.where(values.isna() & cells.notna()).astype(object)
    return table.frame.assign(**typed), pd.DataFrame(faults, index=table.frame.index)
