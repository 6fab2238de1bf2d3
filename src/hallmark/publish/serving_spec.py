"""What is served beside the package: the serving code, its requirements and the signature.

MLflow is not imported.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hallmark import answers, digests
from hallmark.contracts.package import MANIFEST
from hallmark.errors import InputError
from hallmark.files import require

CODE = Path(__file__).with_name("served.py")  # MLflow copies it into the registered version, and runs it there
LIBRARIES = ("mlflow", "numpy", "onnxruntime", "pandas")  # what the serving code imports
PYTHON = ".".join(map(str, sys.version_info[:2]))  # a patch release doesn't change what is served
CONFIG_KEY = "package_json_sha256"  # under which the serving code gets the digest of package.json


def requirements() -> list[str]:
    """Return the pip requirements of a served model: the libraries that the serving code imports,
    as installed here.
    """
    return [f"{library}=={version(library)}" for library in LIBRARIES]


def signature(about: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the signature of the package that `about` (package.json) describes.

    `inputs` are tensors with name, dtype and shape, whose first axis, -1, is the batch. `outputs`
    are columns with name and type.
    """
    postprocess = about["postprocess"]
    numbers = answers.decoding(postprocess["kind"]).numbers(postprocess)

    inputs = [{"name": i["name"], "dtype": i["dtype"], "shape": [-1, *i["shape"]]} for i in about["inputs"]]
    outputs = [{"name": "prediction", "type": "string"}]
    outputs += [{"name": column, "type": "double"} for column in numbers]
    return {"inputs": inputs, "outputs": outputs}


def config(package: Path) -> dict[str, str]:
    """Return the configuration of a served model: the SHA-256 of package.json, which lists those of
    the other files.
    """
    about = require(package / MANIFEST, "the package's description").read_bytes()
    return {CONFIG_KEY: hashlib.sha256(about).hexdigest()}


def digest(package: Path) -> str:
    """Return one SHA-256 over the serving code, Python's version, the requirements and the
    signature.

    Raises `InputError` where package.json is missing or describes no package.
    """
    served = {
        "code": digests.file(CODE),
        "python": PYTHON,
        "requirements": requirements(),
        "signature": signature(read_about(package)),
    }
    return digests.text(json.dumps(served, sort_keys=True))


def read_about(package: Path) -> dict[str, Any]:
    """Return the content of package.json.

    Raises `InputError` where it is missing, or lacks what a signature is made of.
    """
    path = require(package / MANIFEST, "the package's description")
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}") from error
    if not isinstance(about, dict) or not {"inputs", "outputs", "postprocess"} <= set(about):
        raise InputError(f"{path} lacks inputs, outputs or postprocess: train the model again")
    return about
