"""Moving the local store with its folder:

MLflow saves absolute paths of artifacts, which a move or a copy outdates.
"""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import yaml

DATABASE = "mlflow.db"  # beside the artifacts, in a project's folder
_DESCRIPTION = "MLmodel"  # MLflow's file on what a model is; its field `artifact_path` says where the model lies
_MOST_BYTES = 1 << 20  # of it; ours has about 2 kB

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
    """Rewrite the store's paths, so that its artifacts lie in the folder `artifacts` (absolute).

    It concerns experiments whose artifacts came along with a moved or copied project, and their
    runs, models and versions: afterwards nothing is read from the former folder or written there.
    The descriptions of its models (`MLmodel`) below `artifacts` are rewritten, too. Artifacts that
    a person keeps elsewhere on purpose stay there (see `_former_places`). Returns the former
    project folders.
    """
    if not database.is_file():
        return []
    with closing(sqlite3.connect(database, timeout=_PATIENCE, isolation_level=None)) as store:
        places = _former_places(store, artifacts)
        if places:
            store.execute("BEGIN IMMEDIATE")
            try:
                for place in places:
                    _rewrite_descriptions(store, place, artifacts)  # first, so that an interruption is made good
                for place in places:
                    _rewrite_rows(store, *_moved_folder(place, artifacts))
                store.execute("COMMIT")
            except BaseException:
                store.execute("ROLLBACK")
                raise
    return [str(place.parent) for place in places]


def _former_places(store: sqlite3.Connection, artifacts: Path) -> list[Path]:
    """Return the folders of artifacts that this store's project had before it was moved or copied
    here.

    A folder of the same name elsewhere counts as a person's own choice, and is left out, in two
    cases. Either it still exists outside of a project's folder, and nothing that the store keeps in
    it lies here. Or the store has artifacts here already, and the folder still exists or nothing of
    it lies here.
    """
    if not _has(store, "experiments", "artifact_location"):
        return []  # MLflow has not made its tables yet
    rows = store.execute("SELECT DISTINCT artifact_location FROM experiments WHERE artifact_location LIKE '/%'")
    locations = [Path(location) for (location,) in rows]
    other_places = sorted({place for place in locations if place.name == artifacts.name and place != artifacts})

    first_experiment = artifacts.parent / "mlruns/0"  # MLflow's own
    is_used_here = artifacts in locations or first_experiment in locations
    arrived = [place for place in other_places if _came_along(store, place, artifacts)]
    former_places = [place for place in arrived if not (is_used_here and place.is_dir())]
    if former_places or is_used_here:
        return former_places
    return [place for place in other_places if not place.is_dir() or (place.parent / DATABASE).is_file()]


def _came_along(store: sqlite3.Connection, place: Path, artifacts: Path) -> bool:
    """Return whether anything that the store keeps in the folder `place` also lies in `artifacts`."""
    for table, column in (("runs", "artifact_uri"), ("logged_models", "artifact_location")):
        if any((artifacts / path).exists() for path in _paths_below(store, table, column, place)):
            return True
    return False


def _paths_below(store: sqlite3.Connection, table: str, column: str, place: Path) -> list[Path]:
    """Return the paths below the folder `place` that a table's column holds, relative to it."""
    if not _has(store, table, column):
        return []
    prefix = f"{place}/"
    query = f"SELECT {column} FROM {table} WHERE substr({column}, 1, ?) = ?"  # noqa: S608 (our own names)
    paths = [Path(value[len(prefix) :]) for (value,) in store.execute(query, (len(prefix), prefix))]
    return [path for path in paths if not path.is_absolute() and ".." not in path.parts]


def _rewrite_descriptions(store: sqlite3.Connection, place: Path, artifacts: Path) -> None:
    """Write into the MLmodel of each logged model where it lies now.

    Nothing is written where `artifacts` is the former folder itself, by a link that was copied: the
    former project still uses it.
    """
    if place.is_dir() and artifacts.is_dir() and place.samefile(artifacts):
        return
    for path in _paths_below(store, "logged_models", "artifact_location", place):
        description = artifacts / path / _DESCRIPTION
        if _is_own_file(description, artifacts):
            _rewrite_description(description, former=str(place / path), now=str(artifacts / path))


def _is_own_file(path: Path, artifacts: Path) -> bool:
    """Return whether the file lies below `artifacts`, with no link in between that leads elsewhere.

    `artifacts` itself may be a link.
    """
    return path.is_file() and path.resolve() == artifacts.resolve() / path.relative_to(artifacts)


def _rewrite_description(path: Path, *, former: str, now: str) -> None:
    """Replace the path that MLmodel names, if it is written exactly as publishing writes it.

    An altered MLmodel stays altered, so that promotion sees it.
    """
    content = path.read_bytes()[: _MOST_BYTES + 1]
    if len(content) > _MOST_BYTES:
        return
    try:
        text = content.decode("utf-8")
        fields = yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError):
        return
    if not isinstance(fields, dict) or fields.get("artifact_path") != former:
        return
    if text != yaml.safe_dump(fields, default_flow_style=False):
        return

    fields["artifact_path"] = now
    _replace(path, yaml.safe_dump(fields, default_flow_style=False))


def _replace(path: Path, text: str) -> None:
    """Write the text to a new file, and move it to `path`: a hard link to the former file keeps its
    content.
    """
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
        temporary = Path(file.name)
        file.write(text)
    try:
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _moved_folder(place: Path, artifacts: Path) -> tuple[str, str]:
    """Return the former and the present path of what has moved.

    That is the project's folder; where the artifacts lay directly below the file system's root,
    they alone.
    """
    if place.parent == Path(place.root):
        return str(place), str(artifacts)
    return str(place.parent), str(artifacts.parent)


def _rewrite_rows(store: sqlite3.Connection, former: str, now: str) -> None:
    """Replace the folder `former` by `now` at the beginning of every path in MLflow's tables."""
    for table, column in _LOCATIONS:
        if _has(store, table, column):
            store.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 (our own names)
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (now, len(former) + 1, former, len(former) + 1, f"{former}/"),
            )


def _has(store: sqlite3.Connection, table: str, column: str) -> bool:
    """Return whether the database has the table with this column."""
    return any(name == column for _, name, *_ in store.execute(f"PRAGMA table_info({table})"))
