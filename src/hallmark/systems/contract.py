"""What the parts of a system offer. A new system is these modules, its conf and its tests, and no stage room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding

Outputs = Mapping[str, np.ndarray]  # raw outputs by name, aligned with the examples
Predict = Callable[[Examples], dict[str, np.ndarray]]  # the same raw outputs as the network's package gives
Columns = Callable[[Examples], dict[str, np.ndarray]]  # input columns (n, F) by name: `Inputs.columns`


class Embedded(Protocol):
    """Part `embedded`: writes raw data that needs nothing but the installed packages, in the field's own formats."""

    def write(self, folder: Path, raw: Any, *, seed: int) -> None: ...


class Reading(Protocol):
    """Part `reading`: raw files into examples without splits (a published split goes into `split`).

    `INPUTS` names the keys of `prepare.reading` that decide what the arrays of an example hold. `prepare` keeps their
    values in the encoding, under "reading", so that today's raw data can be read as a former model knows it.

    `encode` is optional: it runs once the examples have their splits, may learn from the training split alone (tokens,
    scales), and returns the examples with the arrays that the network takes and an `encoding` that says how. Given the
    `encoding` of a former model, it learns nothing and makes the arrays as that one says: the rows, their order, labels
    and groups are today's. It raises `InputError` where today's examples cannot be put that way.
    """

    INPUTS: tuple[str, ...]

    def read(self, folder: Path, **reading: Any) -> Examples: ...
    def encode(self, examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples: ...


class Inputs(Protocol):
    """Part `inputs`: the columns that the network or its preprocessing reads, by the names that a person gave them.

    `columns` returns float (n, F) by name, aligned with the examples, NaN where there is no value: what was made of one
    raw column stands together. Pictures, sound and text are no columns. A descriptor or a group alone is no input.
    `numbers` is optional: (n,) by name, what is to be predicted where it is no label.
    """

    def columns(self, examples: Examples) -> dict[str, np.ndarray]: ...
    def numbers(self, examples: Examples) -> dict[str, np.ndarray]: ...


class Network(Protocol):
    """Part `network`, the only one that imports torch.

    `build` sees the training split only, takes shapes and scales from it, and returns a module with the attributes
    `inputs`, the arrays that `forward(*tensors)` takes in order; `outputs`, the names of the tensor or the tuple of
    tensors (B, …) that it returns (optional: ("logits",)); and `targets`, further arrays that the loss needs
    (optional). `loss` is the mean over the batch, which holds the inputs, the targets and, where the examples have a
    known label set, "target": the class indices. `augment` is optional.
    """

    def build(self, train: Examples, network: Any) -> Any: ...
    def loss(self, outputs: Any, batch: Mapping[str, Any]) -> Any: ...
    def augment(self, batch: dict[str, Any], generator: Any) -> dict[str, Any]: ...


class Scoring(Protocol):
    """Part `scoring`: from raw outputs to answers, as data.

    `fit_postprocess` runs on the validation split and returns post-processing as JSON, whose "kind" names the module of
    `hallmark.answers` that makes answers of raw outputs.
    `score` returns columns aligned with the examples: those of the answers (prediction, confidence), `certainty` and
    `mistake` where an answer can be right or wrong, score.* and weight.* (see `hallmark.contracts.predictions`).
    """

    def fit_postprocess(self, outputs: Outputs, examples: Examples, *, decision: Decision) -> dict[str, Any]: ...
    def score(
        self, outputs: Outputs, examples: Examples, *, postprocess: Mapping[str, Any], decision: Decision
    ) -> pd.DataFrame: ...


class Baselines(Protocol):
    """Part `baselines`: `fit` returns trained classical methods by name, and the fixed rule as "rule".

    Where the examples have no known label set, it may also return "descriptors": a predictor that sees nothing but the
    examples' descriptors. With labels, evaluation makes that one itself.
    """

    def fit(self, train: Examples, *, seed: int) -> dict[str, Predict]: ...


class Drawing(Protocol):
    """Part `drawing`: shows one example, its input and its answer, as a person would look at them.

    `example` holds one row; `predict` is the model's, so that a drawing can ask what the answer hangs on. The caller
    writes the title: label, prediction and confidence.
    """

    def draw(self, axes: Axes, example: Examples, predict: Predict) -> None: ...


@dataclass(frozen=True)
class Probe:
    """What a probe may look at: examples by split (of train the sample that is scored), scorers with their
    post-processing by name, and their predictions (see `hallmark.contracts.predictions`)."""

    examples: Mapping[str, Examples]
    scorers: Mapping[str, Predict]
    postprocess: Mapping[str, Mapping[str, Any]]
    predictions: pd.DataFrame
    seed: int


@dataclass(frozen=True)
class Probed:
    """What a probe found: findings (`evaluate.*`), figures by name, and further rows for the predictions table, such as
    episodes in a closed loop, with `scorer`, `id`, `split`, `entity`, `group.*`, and score.* with weight.*."""

    findings: list[Finding] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    rows: pd.DataFrame | None = None


class Probing(Protocol):
    """Part `probing`, optional: what only this system can be asked (memorised text, returns in a closed loop).

    `settings` is the section `evaluate.probe`: the class `Probe` of part `config`, where it has one.
    """

    def probe(self, shown: Probe, settings: Any) -> Probed: ...
