"""The database in which very large tables are checked: DuckDB, confined to the files that it was given.

Great Expectations reaches it through SQLAlchemy. It lies in a temporary folder, spills there what
exceeds its memory, and is removed at the end. Checks run in one thread, so that sums of floats are
the same every time.
"""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import duckdb_engine
import pandas as pd
import sqlalchemy
from sqlalchemy.dialects import registry

from hallmark.validate.data_checks import DatabaseTable
from hallmark.validate.sql_names import ROW, literal, quoted

_DRIVER = "hallmark"  # a SQLAlchemy URL begins with duckdb+hallmark
_MEMORY = "2GB"  # beyond it, DuckDB spills to its folder
_MEMORY_OF_CHECKS = "1GB"  # beside that of pandas
_FLOATS = ("FLOAT", "DOUBLE")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")

registry.register(f"duckdb.{_DRIVER}", __name__, "AutocommitDialect")


class AutocommitDialect(duckdb_engine.Dialect):
    """DuckDB without explicit transactions.

    Great Expectations fetches rows after it has given the connection back; a rollback at that moment
    would lose them.
    """

    supports_statement_cache = False

    def do_begin(self, connection: Any) -> None:
        pass

    def do_commit(self, connection: Any) -> None:
        pass

    def do_rollback(self, connection: Any) -> None:
        pass


class Database:
    """A DuckDB database of tables to check. Use it as a context manager."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="hallmark-validate-")
        path = Path(self._folder.name) / "tables.duckdb"
        self.url = f"duckdb+{_DRIVER}:///{path.as_posix()}"
        self._engine = sqlalchemy.create_engine(self.url)
        self._connection = self._engine.connect()
        self._files: list[str] = []
        self._names = map("table_{}".format, count(1))
        self._wide: dict[
            str, str
        ] = {}  # by table, the query of its rows as they are checked, with their numbers from 1

        self._run(f"SET temp_directory = {literal(str(Path(self._folder.name) / 'spilled'))}")
        self._run(f"SET memory_limit = '{_MEMORY}'")
        self._run("SET TimeZone = 'UTC'")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()
        self._engine.dispose()
        self._folder.cleanup()

    def add_frame(self, frame: pd.DataFrame) -> DatabaseTable:
        """Add the rows of a frame as a table."""
        driver: Any = self._connection.connection.driver_connection
        driver.register("frame", frame)
        numbered = next(self._names)
        self._run(f"CREATE TABLE {numbered} AS SELECT *, row_number() OVER () - 1 AS {ROW} FROM frame")
        driver.unregister("frame")
        return self._add_wide_view(numbered)

    def add_parquet(self, path: Path) -> DatabaseTable:
        """Add a Parquet file, which every query reads anew. Once `confine` is called, only such files can be read."""
        file = str(path.resolve())
        self._files.append(file)
        numbered = next(self._names)
        rows = f"read_parquet({literal(file)}, file_row_number = true)"
        self._run(f"CREATE VIEW {numbered} AS SELECT * EXCLUDE (file_row_number), file_row_number AS {ROW} FROM {rows}")
        return self._add_wide_view(numbered)

    def add_query(self, sql: str) -> DatabaseTable:
        """Add the rows of a query as a table."""
        name = next(self._names)
        self._run(f"CREATE TABLE {name} AS {sql}")
        return DatabaseTable(name, self._count(name))

    def add_view(self, sql: str) -> DatabaseTable:
        """Add a query, which is run anew by every query of it."""
        name = next(self._names)
        self._run(f"CREATE VIEW {name} AS {sql}")
        return DatabaseTable(name, self._count(name))

    def add_extended(self, table: DatabaseTable, expressions: list[str]) -> DatabaseTable:
        """Add the view of a table that `add_frame` or `add_parquet` added, with further columns.

        In them, `ROW` is the number of the row from 1.
        """
        return self.add_view(f"SELECT * EXCLUDE ({ROW}), {', '.join(expressions)} FROM ({self._wide[table.name]})")

    def numbered(self, table: DatabaseTable) -> str:
        """Return the query of the rows of a table that `add_frame` or `add_parquet` added, with their numbers in the
        column `ROW`, from 1.
        """
        return f"({self._wide[table.name]})"

    def frame(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query as a frame."""
        driver: Any = self._connection.connection.driver_connection
        frame: pd.DataFrame = driver.execute(sql).df()
        return frame

    def columns(self, name: str) -> dict[str, str]:
        """Return the type of each column of a table, as DuckDB calls it, without the number of the row."""
        described = self.frame(f"DESCRIBE {name}")
        types = dict(zip(described["column_name"], described["column_type"], strict=True))
        types.pop(ROW, None)
        return types

    def _count(self, name: str) -> int:
        return int(self.frame(f"SELECT count(*) AS n FROM {name}")["n"].iloc[0])

    def confine(self) -> None:
        """Let queries read the added files and nothing else: no file, network, extension or setting.

        Whatever an expectation makes of a query runs after this.
        """
        listed = ", ".join(literal(file) for file in self._files)
        self._run(f"SET allowed_paths = [{listed}]")
        self._run("SET enable_external_access = false")
        self._run("SET threads = 1")
        self._run(f"SET memory_limit = '{_MEMORY_OF_CHECKS}'")
        self._run("SET lock_configuration = true")

    def _add_wide_view(self, numbered: str) -> DatabaseTable:
        """Add the view of a numbered table as Great Expectations checks it: with wide numbers, NULL instead of NaN, and
        without the number of the row.
        """
        replaced = [f"{ROW} + 1 AS {ROW}"]
        for column, kind in self.columns(numbered).items():
            expression = _widened(quoted(column), kind)
            if expression:
                replaced.append(expression)
        wide = f"SELECT * REPLACE ({', '.join(replaced)}) FROM {numbered}"
        table = self.add_view(f"SELECT * EXCLUDE ({ROW}) FROM ({wide})")
        self._wide[table.name] = wide
        return table

    def _run(self, statement: str) -> None:
        driver: Any = self._connection.connection.driver_connection
        driver.execute(statement)


def _widened(column: str, kind: str) -> str:
    """Return the expression that makes a column wide, named as the column; "" where it is as it should be."""
    if kind in _FLOATS:
        return f"CASE WHEN isnan({column}) THEN NULL ELSE CAST({column} AS DOUBLE) END AS {column}"
    return f"CAST({column} AS BIGINT) AS {column}" if kind in _INTEGERS else ""
