"""The registry: what package a version really holds, whatever its tags say."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hallmark import digests
from hallmark.errors import InputError
from hallmark.tracking import connection


def package_digest(client: Any, name: str, version: str) -> str | None:
    """Return the digest of the version's package, downloaded from the client's store, or None if none comes."""
    import mlflow  # after `connection.connect`, which sets what MLflow reads when it is imported

    with TemporaryDirectory() as scratch, connection.working_on(client):
        try:
            uri = f"models:/{name}/{version}/artifacts/package"
            return digests.folder(Path(mlflow.artifacts.download_artifacts(uri, dst_path=scratch)))
        except (OSError, InputError, mlflow.exceptions.MlflowException):
            return None  # what can't be fetched can't be compared, so no caller trusts it
