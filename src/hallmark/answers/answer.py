"""The interface of an answer: a kind of prediction, with all that depends on it and not on the inputs.

An answer is a folder of three parts, `decoding`, `scoring` and `network`, and optionally
`baselines` and `plots`. Each is a module with the functions of its protocol below; mypy compares the two where
`hallmark.answers.<name>.ANSWER` returns the module. A new answer needs these parts and their tests, and no new system.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from hallmark.errors import InputError

if TYPE_CHECKING:  # imports at run time are those of the parts that are used
    from collections.abc import Iterable, Mapping

    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes
    from torch import Tensor, nn

    from hallmark.contracts.decisions import Decision
    from hallmark.contracts.examples import Examples
    from hallmark.contracts.scorers import Features, Outputs, Predict


class Decoding(Protocol):
    """Part `decoding`: from raw outputs to answers.

    Training copies this module into the package, and a server of the package runs it. So it imports
    only numpy, pandas and the standard library.

    answer: Returns a row for each example with `prediction` (text), `probability` (that the
        prediction is right) and further numbers. `outputs` are arrays (n, …) by name. Raises
        `ValueError` on an output that is not finite.
    numbers: Returns the names of its columns of numbers, in order.
    """

    @property
    def __file__(self) -> str | None: ...

    def answer(self, outputs: Mapping[str, Any], postprocess: Mapping[str, Any]) -> pd.DataFrame: ...
    def numbers(self, postprocess: Mapping[str, Any]) -> list[str]: ...


class LabelProbabilities(Protocol):
    """Return the probabilities (n, K) of all K labels, after the post-processing, from raw outputs."""

    def __call__(self, outputs: Outputs, postprocess: Mapping[str, Any]) -> np.ndarray: ...


class Scoring(Protocol):
    """Part `scoring`: fits the post-processing, and scores answers.

    fit_postprocess: Gets outputs and examples of the validation split; returns the post-processing
        as data for JSON, with the answer's kind as "kind".
    score: Returns a row for each example: prediction, confidence, `certainty` and `mistake` where
        an answer can be right or wrong, score.* and weight.* (see
        `hallmark.contracts.predictions`).
    label_probabilities: None where the answer is no label of a known set.
    """

    @property
    def label_probabilities(self) -> LabelProbabilities | None: ...

    def fit_postprocess(self, outputs: Outputs, examples: Examples, *, decision: Decision) -> dict[str, Any]: ...
    def score(
        self,
        outputs: Outputs,
        examples: Examples,
        *,
        postprocess: Mapping[str, Any],
        decision: Decision,
    ) -> pd.DataFrame: ...


class Baselines(Protocol):
    """Part `baselines`, optional: simple methods on the features of any system, with the network's outputs."""

    def fit(self, train: Examples, features: Features, *, linear_name: str, seed: int) -> dict[str, Predict]:
        """Return a linear model as `linear_name`, "boosted trees", and the fixed rule as "rule".

        Where the examples have no known label set, there may also be "descriptors" (see
        `hallmark.systems.system.Baselines`).
        """


class Network(Protocol):
    """Part `network`, the only one that imports torch: the last layer and the loss.

    head: Returns the layer from the trunk's states, with so many features, to the tensors
        `OUTPUTS`.
    output_shapes: Returns the shape of each output for one example; None where a size is free.
    loss: Returns the mean over a batch. The batch has the trunk's inputs, the arrays `TARGETS` and,
        if the examples have a known set of labels, "target": the class indices.
    """

    @property
    def OUTPUTS(self) -> tuple[str, ...]: ...  # noqa: N802 (a name in the part)
    @property
    def TARGETS(self) -> tuple[str, ...]: ...  # noqa: N802 (a name in the part)

    def head(self, features: int, train: Examples) -> nn.Module: ...
    def output_shapes(self, train: Examples) -> Mapping[str, tuple[int | None, ...]]: ...
    def loss(self, outputs: Any, batch: Mapping[str, Tensor]) -> Tensor: ...


class DrawAnswer(Protocol):
    """Draw the answer to the one row of `example`, whose raw outputs are `outputs` (1, …) by name.

    `axes` are the input's, or empty ones beside it (see `Plots.PANEL_SHARE`). Of `example` there may be no more than
    its table: what is right, and how a catalogue is grouped, is drawn where it is known.
    """

    def __call__(self, axes: Axes, example: Examples, outputs: Outputs, postprocess: Mapping[str, Any]) -> None: ...


class Shades(Protocol):
    """Return a number from 0 to 1 for each of the T steps of one example's input (T,), from its raw outputs (1, …)."""

    def __call__(self, outputs: Outputs) -> np.ndarray: ...


class Support(Protocol):
    """Return how strongly each row's outputs support the answer to the first row: (n,), at most 1.

    A system that covers parts of an input maps by how much it falls.
    """

    def __call__(self, outputs: Outputs, postprocess: Mapping[str, Any]) -> np.ndarray: ...


class Plots(Protocol):
    """Part `plots`, optional: the answer to one example, on or beside the input that its system draws.

    It is made of the answer's own outputs, so that it suits every system.
    """

    @property
    def PANEL_SHARE(self) -> float:  # noqa: N802 (a name in the part)
        """The share of the width that `draw` gets beside the input, below 1; 0: it draws on the input."""

    @property
    def draw(self) -> DrawAnswer | None:
        """None: the title above the example, with prediction and confidence, says it all."""

    @property
    def shades(self) -> Shades | None:
        """None: the outputs say nothing of single steps of the input."""

    @property
    def support(self) -> Support | None:
        """None: no one number says how far an answer still holds, so that no attribution is drawn."""


class Answer(ABC):
    """One kind of prediction: its declarations, for which `configure` needs no part, and its parts.

    kind: The kind of its post-processing in packages; it never changes, because of older packages.
    target: The examples' array with what is predicted; None: their labels.
    decision_keys: The keys of a task's `decision` that this answer can use.
    metrics: The names of its metrics.
    metrics_with_positive: Further metrics, available if `decision.positive` is set.
    """

    name: ClassVar[str]
    kind: ClassVar[str]
    target: ClassVar[str | None]
    decision_keys: ClassVar[frozenset[str]]
    metrics: ClassVar[frozenset[str]]
    metrics_with_positive: ClassVar[frozenset[str]] = frozenset()

    def refuse_unusable(self, keys: Iterable[str]) -> None:
        """Raise `InputError` with the `keys`, set in a task's `decision`, that this answer can't use."""
        unusable = [f"decision.{key}" for key in keys if key not in self.decision_keys]
        if unusable:
            raise InputError(
                f"the answer {self.name!r} can use {self.usable_keys}, and not {', '.join(unusable)}: remove it"
            )

    def is_same_prediction(
        self,
        one: str,
        other: str,
        postprocess: Mapping[str, Any],  # noqa: ARG002 (an answer with numbers in its predictions needs them all)
        *,
        relative: float,  # noqa: ARG002
        absolute: float,  # noqa: ARG002
    ) -> bool:
        """Return whether two predictions of one example are the same: the same text, unless an answer overrides it.

        relative, absolute: Tolerances of numbers in a prediction; `absolute` as a share of the
            widest range of values.
        """
        return one == other

    @property
    def usable_keys(self) -> str:
        """The keys of a task's `decision` that this answer can use, in words."""
        return ", ".join(f"decision.{key}" for key in sorted(self.decision_keys)) or "no key of decision"

    def require_target(self, examples: Examples) -> None:
        """Raise `InputError` where the examples lack what this answer predicts: labels, or its target."""
        cure = "name another answer of the task in conf/tasks.yaml"
        if self.target is None and not examples.labels:
            raise InputError(f"the answer {self.name!r} predicts labels, and the examples have none: {cure}")
        if self.target is not None and self.target not in examples.arrays:
            raise InputError(f"the answer {self.name!r} predicts {self.target!r}, which the examples lack: {cure}")

    @property
    @abstractmethod
    def decoding(self) -> Decoding: ...

    @property
    @abstractmethod
    def scoring(self) -> Scoring: ...

    @property
    def baselines(self) -> Baselines | None:
        """None: each system that offers this answer brings simple methods of its own for it."""
        return None

    @property
    @abstractmethod
    def network(self) -> Network: ...

    @property
    def plots(self) -> Plots | None:
        """None: of an example and its answer, the input and the title are drawn."""
        return None
