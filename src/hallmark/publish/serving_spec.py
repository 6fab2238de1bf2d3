"""What is served beside the package: the serving code, its requirements and the signature.

MLflow is not imported.
"""

import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hallmark import answers, digests

CODE = Path(__file__).with_name("served.py")  # MLflow copies it into the registered version, and runs it there
LIBRARIES = ("mlflow", "numpy", "onnxruntime", "pandas")  # what the serving code imports
PYTHON = ".".join(map(str, sys.version_info[:2]))  # a patch release doesn't change what is served
CONFIG_KEY = "package_json_sha256"  # under which the serving code gets the digest of package.json


def requirements() -> list[str]:
    """Return the pip requirements of a served model: the libraries that the serving code imports,
    as installed here.
    """
    return [f"{library}=={version(library)}" for library in LIBRARIES]


def signature(manifest: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the signature of the package with this manifest, the content of package.json.

    `inputs` are tensors with name, dtype and shape, whose first axis, -1, is the batch. `outputs`
    are columns with name and type.
    """
    postprocess = manifest["postprocess"]
    numbers = answers.decoding(postprocess["kind"]).numbers(postprocess)

    inputs = [{"name": i["name"], "dtype": i["dtype"], "shape": [-1, *i["shape"]]} for i in manifest["inputs"]]
    outputs = [{"name": "prediction", "type": "string"}]
    outputs += [{"name": column, "type": "double"} for column in numbers]
    return {"inputs": inputs, "outputs": outputs}


def config(manifest_digest: str) -> dict[str, str]:
    """Return the configuration of a served model: the SHA-256 of package.json, which lists those of
    the other files.
    """
    return {CONFIG_KEY: manifest_digest}


def digest(manifest: Mapping[str, Any]) -> str:
    """Return one SHA-256 over the serving code, Python's version, the requirements and the
    signature of the package with this manifest.
    """
    served = {
        "code": digests.file(CODE),
        "python": PYTHON,
        "requirements": requirements(),
        "signature": signature(manifest),
    }
    return digests.text(json.dumps(served, sort_keys=True))
