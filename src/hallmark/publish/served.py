"""The package as MLflow serves it. MLflow copies this file beside the package and runs it (models from code).

It needs nothing of this project, so that an old champion still loads when the code that made it is gone: what makes
answers of the outputs lies in the package, under its digest.
"""

import contextlib
import hashlib
import json
import os
from importlib.abc import InspectLoader
from importlib.util import decode_source, module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import mlflow
import numpy as np
import onnxruntime

ABOUT, MODEL, ANSWERS = "package.json", "model.onnx", "answers.py"
BATCH = 256
OUTSIDE = "session.model_external_initializers_file_folder_path"  # where tensors outside of the model may lie: nowhere


class Served(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Arrays by name in; a row with prediction, probability and further numbers for each example out."""

    _skip_type_hint_validation = True  # the signature checks the arrays; MLflow's hints know lists only, and it warns

    def load_context(self, context: Any) -> None:
        digest = (context.model_config or {}).get("package_json_sha256", "none")
        contents = read_verified(Path(context.artifacts["package"]), digest)
        self.about = json.loads(contents[ABOUT])

        options = onnxruntime.SessionOptions()
        options.use_deterministic_compute = True
        options.add_session_config_entry("session.load_model_format", "ONNX")
        options.add_session_config_entry(OUTSIDE, os.devnull)
        onnxruntime.disable_telemetry_events()
        self.session = onnxruntime.InferenceSession(contents[MODEL], options, providers=["CPUExecutionProvider"])

        self.answers = module_of(contents[ANSWERS])

    def predict(self, model_input):  # type: ignore[no-untyped-def]  # MLflow warns of any hint but a list
        inputs, outputs = ([entry["name"] for entry in self.about[side]] for side in ("inputs", "outputs"))
        rows = len(model_input[inputs[0]])
        batches = [
            {name: model_input[name][start : start + BATCH] for name in inputs} for start in range(0, rows, BATCH)
        ]
        parts = zip(*(self.session.run(outputs, batch) for batch in batches), strict=True)
        raw = {name: np.concatenate(part) for name, part in zip(outputs, parts, strict=True)}
        return self.answers.answer(raw, self.about["postprocess"])


def read_verified(folder: Path, about_digest: str) -> dict[str, bytes]:
    """Return the bytes of every file of the package, each read once and checked against its SHA-256.

    `about_digest` is that of package.json, which lists those of the others. Raises `ValueError` on a file that is
    altered, missing or not listed.
    """
    about = (folder / ABOUT).read_bytes()
    _require_digest(folder / ABOUT, about, about_digest)

    listed = json.loads(about)["files"]
    unexpected = {path.name for path in folder.iterdir()} ^ {ABOUT, *listed}
    if unexpected:
        raise ValueError(f"{folder} and package.json list different files: {', '.join(sorted(unexpected))}")

    contents = {name: (folder / name).read_bytes() for name in listed}
    for name, digest in listed.items():
        _require_digest(folder / name, contents[name], digest)
    return {ABOUT: about, **contents}


def module_of(source: bytes) -> ModuleType:
    """Return the module that these bytes are the source of: no file and no compiled cache is read."""
    spec = spec_from_loader("answers_of_the_package", _SourceLoader(source))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _SourceLoader(InspectLoader):
    """Loads a module from source that is in memory."""

    def __init__(self, source: bytes) -> None:
        self.source = source

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 (the protocol's)
        return decode_source(self.source)


def _require_digest(path: Path, content: bytes, digest: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise ValueError(f"{path} has been altered: its digest is {found[:12]}…, listed is {digest[:12]}…")


def remove_cache(cache: str | None) -> None:
    """Remove the compiled form that Python has just written beside this file: where a model is loaded from a folder of
    this machine, that is the registry's own, and promotion takes no compiled code."""
    if cache is not None:
        with contextlib.suppress(OSError):
            Path(cache).unlink(missing_ok=True)
            Path(cache).parent.rmdir()  # fails where others' lie there, too


remove_cache(globals().get("__cached__"))
mlflow.models.set_model(Served())
