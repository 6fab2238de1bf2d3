"""The package in MLflow's registry: logged as a pyfunc by models from code, a version for each package, no pickle."""

import shutil
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema, TensorSpec

from hallmark import answers, predictions, verdicts
from hallmark.errors import InputError
from hallmark.publish import served
from hallmark.publish.evidence import Evidence
from hallmark.tracking import connection, registry

CHALLENGER = "challenger"
NEEDED = ("mlflow", "numpy", "onnxruntime", "pandas")  # what the served file imports, in the versions installed here
EXAMPLES = 3  # rows of the input example
TOLERANCE = 1e-5  # of a confidence, between what evaluation wrote and what the served model answers


def find(client: MlflowClient, name: str, digest: str) -> ModelVersion | None:
    """Return the newest version of the model `name` whose package has this digest, and is really there, or None."""
    found = client.search_model_versions(f"name = '{name}'", order_by=["version_number DESC"])
    tagged = (version for version in found if version.tags.get("hallmark.digest.model") == digest)
    return next(
        (version for version in tagged if registry.package_digest(client, name, version.version) == digest), None
    )


def register(client: MlflowClient, evidence: Evidence, package: Path, *, name: str, run_id: str) -> str:
    """Return the version of this package: the one that is there, with the verdict's tags renewed, or a new one.

    Raises `InputError` where the package answers other than evaluation's table says. The alias is the caller's affair.
    """
    tags = verdicts.tags(evidence.verdict)
    known = find(client, name, evidence.package.digest)
    if known is None:
        with connection.working_on(client):
            known = mlflow.register_model(_log(evidence, package, run_id), name, tags=tags)
    for key, value in tags.items():
        client.set_model_version_tag(name, known.version, key, value)
    return str(known.version)


def signature(evidence: Evidence) -> ModelSignature:
    """Return the arrays that the package takes, and the columns that the served model answers with."""
    inputs = [TensorSpec(np.dtype(i["dtype"]), (-1, *i["shape"]), i["name"]) for i in evidence.package.about["inputs"]]
    postprocess = evidence.package.postprocess
    outputs = [ColSpec("string", "prediction")]
    outputs += [ColSpec("double", column) for column in answers.load(postprocess["kind"]).numbers(postprocess)]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def input_example(evidence: Evidence) -> dict[str, np.ndarray]:
    """Return the inputs of the first test examples, as the package takes them."""
    rows = np.flatnonzero(evidence.examples.table["split"] == "test")[:EXAMPLES]
    return {name: np.asarray(evidence.examples.arrays[name][rows]) for name in evidence.package.inputs}


def check(evidence: Evidence, package: Path) -> None:
    """Raise `InputError` where the served model answers the input example other than evaluation's table says."""
    model = served.Served()
    model.load_context(SimpleNamespace(artifacts={"package": str(package)}))
    given: pd.DataFrame = model.predict(input_example(evidence))  # type: ignore[no-untyped-call]
    test = evidence.examples.table.query("split == 'test'")["id"].head(EXAMPLES)
    written = predictions.of(evidence.predictions).set_index("id").reindex(test)
    close = np.abs(given["confidence"].to_numpy(float) - written["confidence"].to_numpy(float)) <= TOLERANCE
    agree = close & (given["prediction"].to_numpy(str) == written["prediction"].to_numpy(str))
    if not agree.all():
        row = int(np.argmin(agree))
        said, wrote = (f"{t['prediction'].iloc[row]!r} ({t['confidence'].iloc[row]:.6f})" for t in (given, written))
        raise InputError(
            f"the package answers {said} to example {test.iloc[row]!r}, evaluate's predictions say {wrote}: "
            "run evaluate again"
        )


def _log(evidence: Evidence, package: Path, run_id: str) -> str:
    check(evidence, package)
    with TemporaryDirectory() as scratch, mlflow.start_run(run_id=run_id):
        folder = shutil.copytree(package, Path(scratch) / "package")  # the artifact bears the name of its folder
        info: Any = mlflow.pyfunc.log_model(
            name="model",
            python_model=served.__file__,
            artifacts={"package": str(folder)},
            signature=signature(evidence),
            input_example=input_example(evidence),
            pip_requirements=[f"{library}=={version(library)}" for library in NEEDED],
        )
    return str(info.model_uri)
