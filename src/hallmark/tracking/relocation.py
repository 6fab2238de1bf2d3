"""The local store follows its folder: MLflow saves absolute paths of artifacts, which a move or a copy outdates."""

import sqlite3
from contextlib import closing
from pathlib import Path

# Where MLflow's tables hold the place of an artifact.
_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
_PATIENCE = 30.0  # seconds to wait for another process that writes


def relocate(database: Path, artifacts: Path) -> list[str]:
    """Make the store say that its artifacts lie in the folder `artifacts`, whatever folder it was made in.

    `artifacts` is absolute. An experiment that lies in a folder of the same name elsewhere has come along with a moved
    or copied project: it, its runs, models and versions now lie here, and nothing is read there or written there.
    Returns the project folders that the store spoke of, without this one.
    """
    if not database.is_file():
        return []
    with closing(sqlite3.connect(database, timeout=_PATIENCE, isolation_level=None)) as store:
        former = _other_projects(store, artifacts)
        if former:
            store.execute("BEGIN IMMEDIATE")
            try:
                for folder in former:
                    _rewrite(store, folder, str(artifacts.parent))
                store.execute("COMMIT")
            except BaseException:
                store.execute("ROLLBACK")
                raise
    return former


def _other_projects(store: sqlite3.Connection, artifacts: Path) -> list[str]:
    if not _has(store, "experiments", "artifact_location"):
        return []  # MLflow has not made its tables yet
    rows = store.execute("SELECT DISTINCT artifact_location FROM experiments WHERE artifact_location LIKE '/%'")
    locations = [Path(location) for (location,) in rows]
    return sorted({str(each.parent) for each in locations if each.name == artifacts.name and each != artifacts})


def _rewrite(store: sqlite3.Connection, former: str, now: str) -> None:
    for table, column in _LOCATIONS:
        if _has(store, table, column):
            store.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",  # noqa: S608
                (now, len(former) + 1, len(former) + 1, f"{former}/"),
            )


def _has(store: sqlite3.Connection, table: str, column: str) -> bool:
    return any(name == column for _, name, *_ in store.execute(f"PRAGMA table_info({table})"))
