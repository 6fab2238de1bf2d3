"""The interface of an answer: what is predicted, and all that follows from it whatever is read.

An answer is a folder of parts: `decoding`, `scoring` and `network`. Each is a module that offers the functions of its
protocol below, and mypy compares the two where `hallmark.answers.<name>.ANSWER` returns the module. A new answer is
these parts and their tests, and no system.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from hallmark.errors import InputError

if TYPE_CHECKING:  # whoever asks for one part pays for the imports of that part alone
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from torch import Tensor, nn

    from hallmark.contracts.decisions import Decision
    from hallmark.contracts.examples import Examples
    from hallmark.contracts.scorers import Outputs


class Decoding(Protocol):
    """Part `decoding`: from raw outputs to answers.

    Training copies this one module into the package, and whoever serves the package runs it, so it imports nothing but
    numpy, pandas and the standard library. `answer` returns a row for each example with `prediction` (text),
    `confidence` and further numbers, whose names `numbers` lists in order. It raises `ValueError` on an output that is
    not finite.
    """

    @property
    def __file__(self) -> str | None: ...

    def answer(self, outputs: Mapping[str, Any], postprocess: Mapping[str, Any]) -> pd.DataFrame: ...
    def numbers(self, postprocess: Mapping[str, Any]) -> list[str]: ...


class Scoring(Protocol):
    """Part `scoring`: post-processing, fitted as data, and how good the answers are.

    `fit_postprocess` runs on the validation split and returns post-processing as JSON, whose "kind" is the answer's.
    `score` returns columns aligned with the examples: those of the answers (prediction, confidence), `certainty` and
    `mistake` where an answer can be right or wrong, score.* and weight.* (see `hallmark.contracts.predictions`).
    """

    def fit_postprocess(self, outputs: Outputs, examples: Examples, *, decision: Decision) -> dict[str, Any]: ...
    def score(
        self,
        outputs: Outputs,
        examples: Examples,
        *,
        postprocess: Mapping[str, Any],
        decision: Decision,
    ) -> pd.DataFrame: ...


class Network(Protocol):
    """Part `network`, the only one that imports torch: the last layer and the loss.

    `head` maps what a system's trunk makes of an example to the tensors that `OUTPUTS` names. `loss` is the mean over
    the batch, which holds the trunk's inputs, the arrays that `TARGETS` names and, where the examples have a known
    label set, "target": the class indices.
    """

    @property
    def OUTPUTS(self) -> tuple[str, ...]: ...  # noqa: N802 (a name in the part)
    @property
    def TARGETS(self) -> tuple[str, ...]: ...  # noqa: N802 (a name in the part)

    def head(self, features: int, train: Examples) -> nn.Module: ...
    def loss(self, outputs: Any, batch: Mapping[str, Tensor]) -> Tensor: ...


class Answer(ABC):
    """One kind of prediction. What it declares is here, so that `configure` needs none of its parts."""

    name: ClassVar[str]
    kind: ClassVar[str]  # the "kind" of its post-processing in packages, which stays what it is for older ones
    target: ClassVar[str | None]  # the array of the examples that holds what is predicted; None: their labels
    decision_keys: ClassVar[frozenset[str]]  # of a task's `decision`: what this answer can use
    metrics: ClassVar[frozenset[str]]
    metrics_with_positive: ClassVar[frozenset[str]] = frozenset()  # further ones, where `decision.positive` is set

    def refuse_unusable(self, keys: Iterable[str]) -> None:
        """Raise `InputError` with each of the set `keys` of a task's `decision` that this answer cannot use."""
        unusable = [f"decision.{key}" for key in keys if key not in self.decision_keys]
        if unusable:
            usable = ", ".join(f"decision.{key}" for key in sorted(self.decision_keys)) or "no key of decision"
            raise InputError(f"the answer {self.name!r} can use {usable}, and not {', '.join(unusable)}: remove it")

    def require_target(self, examples: Examples) -> None:
        """Raise `InputError` where the examples do not hold what this answer predicts: labels, or its target."""
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
    @abstractmethod
    def network(self) -> Network: ...
