"""The registry: what package a version really holds, whatever its tags say."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hallmark import digests
from hallmark.errors import InputError


def package_digest(name: str, version: str) -> str | None:
    """Return the digest of the version's package, as downloaded from the store connected to, or None if none comes."""
    import mlflow  # after `connection.connect`, which sets what MLflow reads when it is imported

    with TemporaryDirectory() as scratch:
        try:
            uri = f"models:/{name}/{version}/artifacts/package"
            return digests.folder(Path(mlflow.artifacts.download_artifacts(uri, dst_path=scratch)))
        except (OSError, InputError, mlflow.exceptions.MlflowException):
            return None  # what can't be fetched can't be compared, so no caller trusts it
