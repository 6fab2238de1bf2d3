"""What the parts of a system offer. A new system is these modules, its conf and its tests, and no stage room."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hallmark.decisions import Decision
from hallmark.examples import Examples


class Embedded(Protocol):
    """Part `embedded`: writes raw data that needs nothing but the installed packages, in the field's own formats."""

    def write(self, folder: Path, *, seed: int, **raw: Any) -> None: ...


class Reading(Protocol):
    """Part `reading`: raw files into examples without splits (a published split goes into `split`)."""

    def read(self, folder: Path, **reading: Any) -> Examples: ...


class Network(Protocol):
    """Part `network`, the only one that imports torch.

    `build` sees the training split only, takes shapes and scales from it, and returns a module whose attribute
    `inputs` names the arrays that `forward(*tensors)` takes in order; it returns the logits (B, K).
    `augment` is optional. `loss` is the mean over the batch; `batch["target"]` holds the class indices.
    """

    def build(self, arrays: Mapping[str, np.ndarray], labels: Sequence[str], **network: Any) -> Any: ...
    def loss(self, outputs: Any, batch: Mapping[str, Any]) -> Any: ...
    def augment(self, batch: dict[str, Any], generator: Any) -> dict[str, Any]: ...


class Scoring(Protocol):
    """Part `scoring`: from raw outputs to decisions, as data.

    `fit_postprocess` runs on the validation split and returns post-processing as JSON (temperature, threshold).
    `score` returns the columns prediction, confidence, score.* and weight.* aligned with the examples.
    """

    def fit_postprocess(
        self, outputs: Mapping[str, np.ndarray], examples: Examples, *, decision: Decision
    ) -> dict[str, Any]: ...
    def score(
        self,
        outputs: Mapping[str, np.ndarray],
        examples: Examples,
        *,
        postprocess: Mapping[str, Any],
        decision: Decision,
    ) -> pd.DataFrame: ...


Predict = Callable[[Examples], dict[str, np.ndarray]]  # the same raw outputs as the network's package gives


class Baselines(Protocol):
    """Part `baselines`: `fit` returns trained classical methods by name, and the fixed rule as "rule"."""

    def fit(self, train: Examples, *, seed: int) -> dict[str, Predict]: ...


class Drawing(Protocol):
    """Part `drawing`: shows one example's inputs as a person would look at it."""

    def draw(self, axes: Axes, inputs: Mapping[str, np.ndarray], row: "pd.Series[Any]") -> None: ...
