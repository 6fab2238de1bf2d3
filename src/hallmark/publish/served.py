"""The package as MLflow serves it. MLflow copies this one file beside the package and runs it (models from code).

It needs nothing of this project, so that an old champion still loads when the code that made it is gone. Hence the few
lines from logits to decision stand here again; a test holds them to `hallmark.classification`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import onnxruntime
import pandas as pd

BATCH = 1024


class Served(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Arrays by name in; a row with prediction, confidence and the labels' probabilities for each example out."""

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

    def predict(self, model_input):  # type: ignore[no-untyped-def]  # MLflow warns of any hint but a list
        names = [entry["name"] for entry in self.about["inputs"]]
        rows = len(model_input[names[0]])
        batches = [
            {name: model_input[name][start : start + BATCH] for name in names} for start in range(0, rows, BATCH)
        ]
        logits = np.concatenate([self.session.run(["logits"], batch)[0] for batch in batches])
        return _decide(logits, self.about["postprocess"])


def _decide(logits: np.ndarray, postprocess: Mapping[str, Any]) -> pd.DataFrame:
    if not np.isfinite(logits).all():
        raise ValueError(
            f"row {int(np.argmin(np.isfinite(logits).all(axis=1)))} has no finite logits: check its inputs"
        )
    scaled = logits.astype(np.float64) / postprocess["temperature"]
    scaled -= scaled.max(axis=1, keepdims=True)
    probability = np.exp(scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)))
    labels, positive = list(postprocess["labels"]), postprocess["positive"]
    predicted, confidence = probability.argmax(axis=1), probability.max(axis=1)
    if positive is not None:
        column = labels.index(positive)
        confidence = probability[:, column]
        predicted = np.where(confidence >= postprocess["threshold"], column, 1 - column)
    chosen = pd.DataFrame({"prediction": np.asarray(labels, object)[predicted], "confidence": confidence})
    return chosen.assign(**{f"probability.{label}": probability[:, index] for index, label in enumerate(labels)})


mlflow.models.set_model(Served())
