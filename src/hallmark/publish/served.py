"""The package as MLflow serves it. MLflow copies this file beside the package and runs it (models from code).

It needs nothing of this project, so that an old champion still loads when the code that made it is gone: what makes
answers of the outputs lies in the package, under its digest.
"""

import hashlib
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import onnxruntime

BATCH = 256


class Served(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Arrays by name in; a row with prediction, confidence and further numbers for each example out."""

    _skip_type_hint_validation = True  # the signature checks the arrays; MLflow's hints know lists only, and it warns

    def load_context(self, context: Any) -> None:
        folder = Path(context.artifacts["package"])
        self.about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.use_deterministic_compute = True
        onnxruntime.disable_telemetry_events()
        self.session = onnxruntime.InferenceSession(
            (folder / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        code = folder / "answers.py"
        if hashlib.sha256(code.read_bytes()).hexdigest() != self.about["files"].get(code.name):
            raise ValueError(f"{code} has been altered: package.json has another digest of it")
        found = spec_from_file_location("answers_of_the_package", code)
        assert found is not None
        assert found.loader is not None
        self.answers = module_from_spec(found)
        found.loader.exec_module(self.answers)

    def predict(self, model_input):  # type: ignore[no-untyped-def]  # MLflow warns of any hint but a list
        inputs, outputs = ([entry["name"] for entry in self.about[side]] for side in ("inputs", "outputs"))
        rows = len(model_input[inputs[0]])
        batches = [
            {name: model_input[name][start : start + BATCH] for name in inputs} for start in range(0, rows, BATCH)
        ]
        parts = zip(*(self.session.run(outputs, batch) for batch in batches), strict=True)
        raw = {name: np.concatenate(part) for name, part in zip(outputs, parts, strict=True)}
        return self.answers.answer(raw, self.about["postprocess"])


mlflow.models.set_model(Served())
