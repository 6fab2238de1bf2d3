"""The interface of a system: what it reads, the parts that it consists of, and the answers that it can give.

A system is a folder of parts: `bundled`, `reading`, `baselines` and `diagnostics` are folders, whose `__init__` offers
the functions of the part's protocol below; `config`, `inputs`, `network` and `plots` are modules. mypy compares part
and protocol where `hallmark.systems.<name>.SYSTEM` returns the part. A new system is these parts, its configuration and
its tests, and no stage room.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:  # whoever asks for one part pays for the imports of that part alone
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes

    from hallmark.config import reading
    from hallmark.config.section import Section
    from hallmark.contracts.examples import Examples
    from hallmark.contracts.findings import Finding
    from hallmark.contracts.scorers import Outputs, Predict
    from hallmark.figures import ReportFigure
    from hallmark.layers.model import Trunk


class Config(Protocol):
    """Part `config`: the sections `raw`, `prepare.reading` and `train.network` of a task, and its metrics.

    A system with diagnostics may have `Diagnostics`, the section `evaluate.diagnostics`; one with a rule between its
    own sections has it as `across`.
    """

    @property
    def METRICS(self) -> tuple[str, ...]: ...  # noqa: N802 (a name in the part)
    @property
    def Raw(self) -> type[Section]: ...  # noqa: N802 (a name in the part)
    @property
    def Reading(self) -> type[reading.Reading]: ...  # noqa: N802 (a name in the part)
    @property
    def Network(self) -> type[Section]: ...  # noqa: N802 (a name in the part)


class Bundled(Protocol):
    """Part `bundled`: a bundled source, which writes raw data in the field's own formats.

    It needs nothing but the installed packages.
    """

    def write(self, folder: Path, raw: Any, *, seed: int) -> None: ...


class Encode(Protocol):
    """Make the arrays that a network takes, once the examples have their splits.

    It may learn from the training split alone (tokens, scales), and returns the examples with an `encoding` that says
    how the arrays were made. Given the `encoding` of a former model, it learns nothing and makes the arrays as that one
    says: the rows, their order, labels and groups are today's.

    Raises `InputError` where today's examples cannot be put that way.
    """

    def __call__(self, examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples: ...


class Reading(Protocol):
    """Part `reading`: raw files → examples without splits (a published split stands in `split`)."""

    @property
    def INPUTS(self) -> tuple[str, ...]:  # noqa: N802 (a name in the part)
        """The keys of `prepare.reading` that decide what the arrays of an example hold.

        `prepare` keeps their values in the encoding, under "reading", so that today's raw data can be read as a former
        model knows it.
        """

    @property
    def encode(self) -> Encode | None: ...

    def read(self, folder: Path, *args: Any, **reading: Any) -> Examples: ...


class Numbers(Protocol):
    """Return (n,) by name: what is to be predicted where it is no label, in its own unit."""

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]: ...


class Inputs(Protocol):
    """Part `inputs`: the columns that the network or its preprocessing reads, by the names that a person gave them.

    `columns` returns float (n, F) by name, aligned with the examples, NaN where there is no value: what was made of one
    raw column stands together. Pictures, sound and text are no columns. A descriptor or a group alone is no input.
    """

    @property
    def numbers(self) -> Numbers | None: ...

    def columns(self, examples: Examples) -> dict[str, np.ndarray]: ...


class Network(Protocol):
    """Part `network`, the only one that imports torch.

    `build` sees the training split only, takes shapes and scales from it, and returns an untrained trunk: what an
    answer's head makes its outputs of.
    """

    def build(self, train: Examples, network: Any) -> Trunk: ...


class Baselines(Protocol):
    """Part `baselines`: `fit` returns trained classical methods by name, and the fixed rule as "rule".

    Where the examples have no known label set, it may also return "descriptors": a predictor that sees nothing but the
    examples' descriptors. With labels, evaluation makes that one itself.
    """

    def fit(self, train: Examples, *, seed: int) -> dict[str, Predict]: ...


class Plots(Protocol):
    """Part `plots`: shows one example, its input and its answer, as a person would look at them.

    `example` holds one row; `predict` is the model's, so that a plot can show what the answer depends on. The caller
    writes the title: label, prediction and confidence.
    """

    def draw(self, axes: Axes, example: Examples, predict: Predict) -> None: ...


@dataclass(frozen=True)
class DiagnosticData:
    """What diagnostics may look at.

    `examples` by split (of train the sample that is scored); by name, `scorers`, their raw `outputs` on the test split
    and their `postprocess`; and their `predictions` (see `hallmark.contracts.predictions`).
    """

    examples: Mapping[str, Examples]
    scorers: Mapping[str, Predict]
    outputs: Mapping[str, Outputs]
    postprocess: Mapping[str, Mapping[str, Any]]
    predictions: pd.DataFrame
    seed: int


@dataclass(frozen=True)
class Diagnosis:
    """What diagnostics give: findings (`evaluate.*`), figures, and further rows for the predictions table, such
    as episodes in a closed loop, with `scorer`, `id`, `split`, `entity`, `group.*`, and score.* with weight.*."""

    findings: list[Finding] = field(default_factory=list)
    figures: list[ReportFigure] = field(default_factory=list)
    rows: pd.DataFrame | None = None


class Diagnostics(Protocol):
    """Part `diagnostics`: what only this system can be asked (memorised text, returns in a closed loop).

    `settings` is the section `evaluate.diagnostics`: the class `Diagnostics` of part `config`, where it has one.
    """

    def diagnose(self, shown: DiagnosticData, settings: Any) -> Diagnosis: ...


class System(ABC):
    """One kind of data: how it is read, and what is specific to it in every stage.

    A part is imported when it is asked for, so that a stage imports what it needs and no more.
    """

    name: ClassVar[str]
    simple_methods: ClassVar[Mapping[str, tuple[str, ...]]]  # by answer: the trained ones, beside "rule", the fixed one
    metrics: ClassVar[frozenset[str]] = frozenset()  # what diagnostics measure beside the answer's metrics

    @property
    @abstractmethod
    def config(self) -> Config: ...

    @property
    def bundled(self) -> Bundled | None:
        """The bundled source; None: people bring their own data."""
        return None

    @property
    @abstractmethod
    def reading(self) -> Reading: ...

    @property
    @abstractmethod
    def inputs(self) -> Inputs: ...

    @property
    @abstractmethod
    def network(self) -> Network: ...

    @property
    @abstractmethod
    def baselines(self) -> Baselines: ...

    @property
    @abstractmethod
    def plots(self) -> Plots: ...

    @property
    def diagnostics(self) -> Diagnostics | None:
        """None: nothing beyond what every system is asked."""
        return None
