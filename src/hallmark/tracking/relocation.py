"""The local store follows its folder: MLflow saves absolute paths of artifacts, which a move or a copy outdates."""

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
    """Make the store say that its artifacts lie in the folder `artifacts`, whatever folder it was made in.

    `artifacts` is absolute. An experiment whose artifacts have come along with a moved or copied project, its runs,
    models and versions now lie here, and nothing is read there or written there; the descriptions of its models
    (`MLmodel`) in `artifacts` say so, too. Artifacts that a person keeps elsewhere stay there (see `_former_places`).
    Returns the project folders that the store spoke of, without this one.
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
    """Return the folders of artifacts that this store's project had before it was moved or copied here.

    A folder of that name elsewhere is not one where a person put it there on purpose: it is still there, outside of a
    project's folder, and nothing of what the store keeps in it lies here; or the store has artifacts here already.
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
    """Whether anything that the store keeps in the folder `place` lies in `artifacts`."""
    for table, column in (("runs", "artifact_uri"), ("logged_models", "artifact_location")):
        if any((artifacts / path).exists() for path in _paths_below(store, table, column, place)):
            return True
    return False


def _paths_below(store: sqlite3.Connection, table: str, column: str, place: Path) -> list[Path]:
    """Return the paths, relative to the folder `place`, of what a table says lies in it."""
    if not _has(store, table, column):
        return []
    prefix = f"{place}/"
    query = f"SELECT {column} FROM {table} WHERE substr({column}, 1, ?) = ?"  # noqa: S608 (our own names)
    paths = [Path(value[len(prefix) :]) for (value,) in store.execute(query, (len(prefix), prefix))]
    return [path for path in paths if not path.is_absolute() and ".." not in path.parts]


def _rewrite_descriptions(store: sqlite3.Connection, place: Path, artifacts: Path) -> None:
    """Let the MLmodel of each logged model say where it lies now, so that it is still what was published.

    A folder that the former project still uses, by a link that was copied, is the former's: nothing is written there.
    """
    if place.is_dir() and artifacts.is_dir() and place.samefile(artifacts):
        return
    for path in _paths_below(store, "logged_models", "artifact_location", place):
        description = artifacts / path / _DESCRIPTION
        if _is_own_file(description, artifacts):
            _rewrite_description(description, former=str(place / path), now=str(artifacts / path))


def _is_own_file(path: Path, artifacts: Path) -> bool:
    """Whether this is a file below `artifacts`, which may be a link itself, and no link below it leads elsewhere."""
    return path.is_file() and path.resolve() == artifacts.resolve() / path.relative_to(artifacts)


def _rewrite_description(path: Path, *, former: str, now: str) -> None:
    """Replace the place that MLmodel names, if it is written as publishing writes it: an altered one stays altered."""
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
    """Write the file anew beside it and move it there: a copy made by hard links keeps what it holds."""
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
    """Return what has moved and where to: the project's folder, or, at the file system's root, the artifacts alone."""
    if place.parent == Path(place.root):
        return str(place), str(artifacts)
    return str(place.parent), str(artifacts.parent)


def _rewrite_rows(store: sqlite3.Connection, former: str, now: str) -> None:
    for table, column in _LOCATIONS:
        if _has(store, table, column):
            store.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 (our own names)
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (now, len(former) + 1, former, len(former) + 1, f"{former}/"),
            )


def _has(store: sqlite3.Connection, table: str, column: str) -> bool:
    return any(name == column for _, name, *_ in store.execute(f"PRAGMA table_info({table})"))
