"""The registry: which files a version of a registered model really holds, whatever its tags say."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from hallmark.errors import InputError
from hallmark.evidence_differences import Difference
from hallmark.tracking.connection import NOT_FOUND, unless_missing

DESCRIPTION = "MLmodel"  # MLflow's file on what a model is, in YAML
PACKAGE = "artifacts/package"  # within a version
LOADED = "registered_model_meta"  # MLflow writes it into a folder of this machine from which it has loaded a version
MOST_FILES = 1000  # in a version, folders among them; ours have about a dozen
MOST_BYTES = 1 << 20  # of MLmodel; ours has about 2 kB
ABSENT = "no such file"
READY = "READY"  # the state of a version whose registration has ended well; MLflow loads no other
_LOGGED = re.compile(r"models:/(m-[0-9a-f]{32})")
_CREATED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?")  # the value of MLmodel's one free field
_CACHES = (".pyc", ".pyo")


def identity(*, run_id: str, model_id: str, location: str) -> dict[str, str]:
    """Return the fields of MLmodel that depend on where the model was published, apart from the
    time.
    """
    return {"artifact_path": location, "model_id": model_id, "model_uuid": model_id, "run_id": run_id}


def yaml_text(content: Mapping[str, Any]) -> str:
    """Return `content` as YAML in one fixed form, so that equal content has equal bytes."""
    return str(yaml.safe_dump(dict(content), default_flow_style=False))


def compare_version(client: Any, version: Any, built: Path) -> list[Difference]:
    """Return every way in which the registered version is not the model in the folder `built`.

    Where the version lies is followed through the registry's rows. Its files are compared byte for
    byte, MLmodel field by field: run, identity and location must be the registry's own, the time is
    free. No code of the version is run.
    """
    model_id, location, contradictions = _location(client, version)
    if contradictions:
        return contradictions
    repository = _repository(client, location)
    links = _links(repository)
    if links:
        return links

    sizes = _list_files(repository)
    if LOADED in sizes and _is_mark_of(version, repository, sizes[LOADED]):
        del sizes[LOADED]
    expected = {path.relative_to(built).as_posix(): path for path in built.rglob("*") if path.is_file()}
    if not sizes:
        return [Difference("registered version", f"{len(expected)} files", "nothing is there")]

    own_identity = identity(run_id=version.run_id, model_id=model_id, location=location)
    file_differences = [_unlisted(path) for path in sorted(set(sizes) - set(expected))]
    for path in sorted(expected):
        if path not in sizes:
            file_differences.append(Difference(_subject(path), "as built from the judged package", ABSENT))
        elif path == DESCRIPTION:
            file_differences += _compare_description(repository, sizes[path], expected[path], own_identity)
        else:
            file_differences += _compare_file(repository, path, sizes[path], expected[path])
    return file_differences


def logged_model_id(version: Any) -> str:
    """Return the id of the logged model that a version was registered from; "" where its source is
    none.
    """
    source = _LOGGED.fullmatch(str(version.source))
    return "" if source is None else source[1]


def download_package(client: Any, version: Any, scratch: Path) -> Path | None:
    """Download the registered version's package into `scratch`, and return its folder.

    None where the version has no package, where the registry's rows contradict each other, and
    where the version's folder holds links. Nothing of the package has been verified yet. A store
    that does not answer raises MLflow's own error (see `connection.answering`).
    """
    _, location, contradictions = _location(client, version)
    if contradictions:
        return None

    repository = _repository(client, location)
    if _links(repository) or not _list_files(repository, PACKAGE):
        return None
    return Path(repository.download_artifacts(PACKAGE, str(scratch)))


def _location(client: Any, version: Any) -> tuple[str, str, list[Difference]]:
    """Return a version's logged model and the folder in which it lies, and how the registry's rows
    contradict that.

    The folder is derived from the experiment; the rows of version and logged model must name the
    same one. The first two texts are "" where the rows lead to no logged model.
    """
    model_id = logged_model_id(version)
    if not model_id:
        return "", "", [Difference("source of the version", "a model that publish has logged", str(version.source))]

    logged = unless_missing(lambda: client.get_logged_model(model_id))
    experiment = unless_missing(lambda: client.get_experiment(logged.experiment_id)) if logged else None
    if logged is None or experiment is None:
        return "", "", [Difference("source of the version", "a logged model", f"{model_id}: {NOT_FOUND}")]

    root = str(experiment.artifact_location).rstrip("/")
    location = f"{root}/models/{model_id}/artifacts"
    pairs = {
        "state of the version": (READY, str(version.status)),
        "location of the logged model": (location, str(logged.artifact_location)),
        "source of the version": (location, client.get_model_version_download_uri(version.name, version.version)),
        "run of the logged model": (str(version.run_id), str(logged.source_run_id)),
    }
    contradictions = [
        Difference(subject, expected, actual) for subject, (expected, actual) in pairs.items() if expected != actual
    ]
    return model_id, location, contradictions


def _repository(client: Any, location: str) -> Any:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    return get_artifact_repository(location, tracking_uri=client.tracking_uri)


def _links(repository: Any) -> list[Difference]:
    """Return a difference for each link in a folder of this machine.

    The target of a link can change while the version stays the same.
    """
    folder = getattr(repository, "artifact_dir", None)  # a store of files has one
    if folder is None:
        return []
    root = Path(folder)
    paths = [root, *root.rglob("*")]
    return [
        Difference(_subject(path.relative_to(root).as_posix()), "a file or folder", "a link")
        for path in paths
        if path.is_symlink()
    ]


def _list_files(repository: Any, folder: str | None = None) -> dict[str, int | None]:
    """Return the size in bytes of each file below a folder of the repository, by path; None where
    it is unknown.

    The folder is the root where `folder` is None. Raises `InputError` on more than MOST_FILES
    entries, since a server may list a folder within each folder without end.
    """
    files: dict[str, int | None] = {}
    folders: list[str | None] = [folder]
    entries = 0
    while folders:
        for entry in repository.list_artifacts(folders.pop()):
            entries += 1
            if entry.is_dir:
                folders.append(entry.path)
            else:
                files[entry.path] = entry.file_size
        if entries > MOST_FILES:
            raise InputError(
                f"the registered version has more than {MOST_FILES:,} files and folders, so it is not compared"
            )
    return files


def _is_mark_of(version: Any, repository: Any, size: int | None) -> bool:
    """Return whether the file LOADED names this version and holds nothing else."""
    numbers = (int(version.version), str(version.version))  # the local registry and a server write it differently
    texts = [yaml_text({"model_name": version.name, "model_version": number}).encode() for number in numbers]
    return size in [len(text) for text in texts] and _download(repository, LOADED) in texts


def _unlisted(path: str) -> Difference:
    compiled = path.endswith(_CACHES) or "__pycache__" in path.split("/")
    return Difference(_subject(path), ABSENT, "a compiled cache" if compiled else "a file that is not listed")


def _compare_file(repository: Any, path: str, size: int | None, expected: Path) -> list[Difference]:
    expected_size = expected.stat().st_size
    if size is not None and size != expected_size:
        return [Difference(_subject(path), f"{expected_size:,} bytes", f"{size:,} bytes")]

    expected_digest = hashlib.sha256(expected.read_bytes()).hexdigest()
    actual_digest = hashlib.sha256(_download(repository, path)).hexdigest()
    if actual_digest == expected_digest:
        return []
    return [Difference(_subject(path), expected_digest, actual_digest)]


def _compare_description(repository: Any, size: int | None, built: Path, own: Mapping[str, str]) -> list[Difference]:
    """Compare MLmodel with the one in `built`, field by field, then byte for byte.

    `own` are the fields in which the registered one differs (see `identity`). The bytes are
    compared, too, so that nothing hides in how equal fields are written.
    """
    if size is not None and size > MOST_BYTES:
        return [Difference(DESCRIPTION, f"at most {MOST_BYTES:,} bytes", f"{size:,} bytes")]

    text = _download(repository, DESCRIPTION).decode("utf-8", errors="replace")
    try:
        fields = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        return [Difference(DESCRIPTION, "fields in YAML", "something else")]

    expected = {**yaml.safe_load(built.read_text(encoding="utf-8")), **own}
    created = fields.get("utc_time_created")
    if isinstance(created, str) and _CREATED.fullmatch(created):
        expected["utc_time_created"] = created

    field_differences = _compare_fields(expected, fields, DESCRIPTION)
    if not field_differences and text != yaml_text(expected):
        return [Difference(DESCRIPTION, "as publish writes it", "the same fields, written otherwise")]
    return field_differences


def _compare_fields(expected: Any, actual: Any, name: str) -> list[Difference]:
    """Compare two values of MLmodel, mappings key by key.

    A key that is not expected is one difference, whatever it holds.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        field_differences = []
        for key in actual:
            if key not in expected:
                subject = f"{name}: {_short(key)}"
                field_differences.append(Difference(subject, "no such field", _short(actual[key])))
        for key, value in expected.items():
            field_differences += _compare_fields(value, actual.get(key), f"{name}: {key}")
        return field_differences

    if type(expected) is type(actual) and expected == actual:
        return []
    return [Difference(name, _short(expected), _short(actual))]


def _download(repository: Any, path: str) -> bytes:
    with TemporaryDirectory() as scratch:
        return Path(repository.download_artifacts(path, scratch)).read_bytes()


def _subject(path: str) -> str:
    if path.startswith(f"{PACKAGE}/"):
        return f"package in the registry: {path.removeprefix(f'{PACKAGE}/')}"
    return f"{path} in the registry"


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"{type(value).__name__} of {len(value)}"
    text = str(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
