"""The model as MLflow keeps it, built from a package: a folder with MLmodel, serving code, package
and environment.

The same package gives the same bytes on every machine, except for the run, the identity, the place
and the time in MLmodel. Publishing uploads this folder, and promotion compares the registered
version with a folder that it builds itself.
"""

import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import numpy as np
import yaml
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema, TensorSpec

from hallmark.contracts.examples import Examples
from hallmark.contracts.package import Package
from hallmark.publish import serving_spec
from hallmark.publish.evidence import Evidence
from hallmark.tracking import model_registry as registry

EXAMPLES = 3  # rows of the input example


def build_model(package: Package, source: Path, folder: Path, *, example: Mapping[str, np.ndarray] | None) -> Path:
    """Write the model of the package, which lies at `source`, into `folder`, which must not exist.

    Returns the folder.

    `example` holds the input arrays that go with the model, by name; None leaves the input example
    out. No code of the package is run.
    """
    with TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow misses an input example where none is given
        copy = shutil.copytree(source, Path(scratch) / "package")  # the artifact bears the name of its folder
        mlflow.pyfunc.save_model(
            path=str(folder),
            python_model=str(serving_spec.CODE),
            artifacts={"package": str(copy)},
            signature=model_signature(serving_spec.signature(package.manifest)),
            input_example=dict(example) if example is not None else None,
            conda_env=_conda_environment(),
            model_config=serving_spec.config(package.manifest_digest),
        )
    for cache in list(folder.rglob("__pycache__")):  # MLflow has imported the serving code
        shutil.rmtree(cache)

    _write_yaml(folder / "python_env.yaml", _python_environment())
    description = yaml.safe_load((folder / registry.DESCRIPTION).read_text(encoding="utf-8"))
    _write_yaml(folder / registry.DESCRIPTION, _without_machine(description))
    return folder


def build_evidence_model(evidence: Evidence, folder: Path) -> Path:
    """Write the model of the evidence's package into `folder`, with an input example where examples
    may be shown.
    """
    example = input_example(evidence.examples, evidence.package) if evidence.shows_examples else None
    return build_model(evidence.package, evidence.layout.package, folder, example=example)


def identify(folder: Path, *, run_id: str, model_id: str, location: str) -> None:
    """Write the model's run, logged model and location into its MLmodel."""
    path = folder / registry.DESCRIPTION
    description = yaml.safe_load(path.read_text(encoding="utf-8"))
    identity = registry.identity(run_id=run_id, model_id=model_id, location=location)
    _write_yaml(path, {**description, **identity})


def model_signature(signature: Mapping[str, Any]) -> ModelSignature:
    """Return the signature (see `serving_spec.signature`) as MLflow's own object."""
    inputs = [
        TensorSpec(np.dtype(tensor["dtype"]), tuple(tensor["shape"]), tensor["name"]) for tensor in signature["inputs"]
    ]
    outputs = [ColSpec(column["type"], column["name"]) for column in signature["outputs"]]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def input_example(examples: Examples, package: Package) -> dict[str, np.ndarray]:
    """Return the package's inputs of the first test examples: arrays (n, …) by name, n = EXAMPLES
    at most.
    """
    test_rows = np.flatnonzero(examples.table["split"] == "test")
    return inputs_of(examples, package, test_rows[:EXAMPLES])


def inputs_of(examples: Examples, package: Package, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return the package's inputs of these rows: arrays (n, …) by name, a row for each of the n
    `rows`.
    """
    return {name: np.asarray(examples.arrays[name][rows]) for name in package.inputs}


def _conda_environment() -> dict[str, Any]:
    pip = {"pip": serving_spec.requirements()}
    return {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={serving_spec.PYTHON}", "pip", pip],
    }


def _python_environment() -> dict[str, Any]:
    return {
        "python": serving_spec.PYTHON,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }


def _without_machine(description: dict[str, Any]) -> dict[str, Any]:
    """Replace in MLmodel what depends on this machine: paths of package and code, and Python's
    patch release.
    """
    flavor = description["flavors"]["python_function"]
    flavor["artifacts"]["package"]["uri"] = "package"
    flavor["model_code_path"] = serving_spec.CODE.name
    flavor["python_version"] = serving_spec.PYTHON
    return description


def _write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(registry.yaml_text(content), encoding="utf-8")
