"""The interface of a system: one kind of data (images, speech, tables …) as a set of parts that the stages call.

To add a system, write `hallmark/systems/<name>/` with the parts below, list it in `hallmark.systems`, and add
`conf/system/<name>.yaml` and `tests/systems/<name>/`. No stage needs to be changed: a stage calls the parts through the
classes of this file, and `tests/systems/test_contract.py` runs every listed system through them.

| part          | is a   | called by         | gives                                                               |
|---------------|--------|-------------------|---------------------------------------------------------------------|
| `config`      | module | every stage       | the system's own sections of the configuration                      |
| `bundled`     | folder | raw               | `write`: raw data that comes with Hallmark (optional)               |
| `reading`     | folder | prepare           | `read`: raw files → examples; `encode`: examples → arrays           |
| `inputs`      | module | prepare, evaluate | `columns`: the named columns that the network reads                 |
| `network`     | module | train             | the trunk, a class that conf/network/ names; alone imports torch    |
| `baselines`   | folder | evaluate          | `fit`: simple methods and a fixed rule; `features`: for an answer's |
| `plots`       | module | evaluate          | `draw`: the input of one example as a person would look at it       |
| `diagnostics` | folder | evaluate          | `diagnose`: what only this system can be asked (optional)           |

A module is `<part>.py`; a folder is `<part>/`, whose `__init__` offers the functions. `dvc.yaml` finds the parts by
these names. What is predicted (loss, scoring, figures) belongs to the answer, not to the system: `answers/answer.py`.

The classes from `Config` to `Diagnostics` are the protocols of the parts: mypy compares each part with its protocol
where `hallmark.systems.<name>.SYSTEM` returns it. `System`, at the end, is what `systems.load` returns.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from hallmark.errors import InputError

if TYPE_CHECKING:  # whoever asks for one part pays for the imports of that part alone
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes

    from hallmark.answers.answer import Answer
    from hallmark.config import reading_keys
    from hallmark.config.section import Section
    from hallmark.contracts.examples import Examples
    from hallmark.contracts.findings import Finding
    from hallmark.contracts.scorers import Features, Outputs, Predict
    from hallmark.report_figures import ReportFigure


class Config(Protocol):
    """Part `config`: pydantic models of the sections that are the system's own.

    Two names are optional: `Diagnostics`, the section `evaluate.diagnostics`, where the system's diagnostics have keys;
    and `across`, a function that yields the contradictions between the system's own sections.
    """

    @property
    def Raw(self) -> type[Section]:  # noqa: N802 (a name in the part)
        """The section `raw`: the keys of the bundled source."""

    @property
    def Reading(self) -> type[reading_keys.Reading]:  # noqa: N802 (a name in the part)
        """The section `prepare.reading`."""

    @property
    def Network(self) -> type[Section]:  # noqa: N802 (a name in the part)
        """The section `train.network`."""


class Bundled(Protocol):
    """Part `bundled`: a synthetic or bundled data set, as raw files in the field's own formats.

    It is made of nothing but the installed packages: no download.
    """

    def write(self, folder: Path, raw: Any, *, seed: int) -> None:
        """Write the raw files into `folder`. `raw` is the section `raw`; the same seed gives the same bytes."""


class Encode(Protocol):
    """Tokenisation, scaling, windows: make the arrays that a network takes, once the examples have their splits.

    It may learn from the training split alone (tokens, scales), and returns the examples with an `encoding` that says
    how the arrays were made. Given the `encoding` of a former model, it learns nothing and makes the arrays as that one
    says: the rows, their order, labels and groups are today's.

    Raises `InputError` where today's examples cannot be put that way.
    """

    def __call__(self, examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples: ...


class Reading(Protocol):
    """Part `reading`: raw files → examples, still without splits (a published split stands in the column `split`)."""

    @property
    def INPUTS(self) -> tuple[str, ...]:  # noqa: N802 (a name in the part)
        """The keys of `prepare.reading` that decide what the arrays of an example hold.

        `prepare` keeps their values in the encoding, under "reading", so that today's raw data can be read as a former
        model knows it.
        """

    @property
    def encode(self) -> Encode | None:
        """None: the arrays are complete as they are read."""

    def read(self, folder: Path, parameters: Any) -> Examples:
        """Return all examples of the raw files in `folder`. `parameters` is the typed section `prepare.reading`.

        Its class is `Reading` of the part `config`. Raises `InputError`, with file, row and column, on anything that
        cannot be read without a guess.
        """


class NumericTargets(Protocol):
    """Return the targets (n,) of a regression by name, each in its own unit."""

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]: ...


class Inputs(Protocol):
    """Part `inputs`: the columns that the network or its preprocessing reads, by the names that a person gave them."""

    @property
    def numeric_targets(self) -> NumericTargets | None:
        """None: what is to be predicted is a label or a text, no number."""

    def columns(self, examples: Examples) -> dict[str, np.ndarray]:
        """Return float (n, F) by name, aligned with the examples, NaN where there is no value.

        What was made of one raw column stands together. Pictures, sound and text are no columns; a descriptor or a
        group alone is no input.
        """


class FitBaselines(Protocol):
    """Fit simple methods on the training split, and a fixed rule."""

    def __call__(self, train: Examples, *, seed: int) -> dict[str, Predict]:
        """Return the trained simple methods by name, and the fixed rule as "rule".

        Where the examples have no known label set, there may also be "descriptors": a predictor that sees nothing but
        the examples' descriptors. With labels, evaluation makes that one itself.
        """


class Baselines(Protocol):
    """Part `baselines`: classical methods that deep learning has to beat, with the same outputs as the network."""

    @property
    def fit(self) -> FitBaselines | None:
        """None: there are no methods of the system's own, only those of the answers."""

    @property
    def features(self) -> Features | None:
        """What the answers' own baselines read; None: no flat features suit them, so that each answer needs `fit`."""


class DrawShaded(Protocol):
    """Draw the input of the one row of `example`, and shade its T steps by `shades` (T,), from 0, none, to 1, full."""

    def __call__(self, axes: Axes, example: Examples, shades: np.ndarray) -> None: ...


class DrawAttribution(Protocol):
    """Draw over the input how much the answer depends on each part: by how much its support falls without that part.

    `support` returns for examples (n,) how strongly each of them supports the answer to the first one, at most 1. A
    scale may stand at the right of the axes, up to a fifth of their width.
    """

    def __call__(self, axes: Axes, example: Examples, support: Callable[[Examples], np.ndarray]) -> None: ...


class Plots(Protocol):
    """Part `plots`: the input of one example, as a person would look at it. The answer draws its own part.

    The caller writes the title: label, prediction and confidence.
    """

    def draw(self, axes: Axes, example: Examples) -> None:
        """Draw the input of the one row of `example`."""

    @property
    def draw_shaded(self) -> DrawShaded | None:
        """None: the drawing shows no single steps, so that what an answer says of steps isn't drawn."""

    @property
    def draw_attribution(self) -> DrawAttribution | None:
        """None: no part of the input is covered to see what the answer depends on."""


@dataclass(frozen=True)
class DiagnosticData:
    """What diagnostics may look at.

    examples: By split; of train the sample that is scored.
    scorers: The model, the simple methods and the champion, by name.
    outputs: Their raw outputs on the test split, by scorer.
    postprocess: Their post-processing, by scorer.
    predictions: The table of all scorers' predictions (`hallmark.contracts.predictions`).
    """

    examples: Mapping[str, Examples]
    scorers: Mapping[str, Predict]
    outputs: Mapping[str, Outputs]
    postprocess: Mapping[str, Mapping[str, Any]]
    predictions: pd.DataFrame
    seed: int


@dataclass(frozen=True)
class Diagnosis:
    """What diagnostics give.

    findings: Of checks of the stage evaluate, registered in `hallmark.contracts.checks.one_system`.
    figures: For the report.
    episodes: What scorers did that is no example, such as driving a robot (see `hallmark.contracts.episodes`); None
        where nothing of the kind was measured.
    """

    findings: list[Finding] = field(default_factory=list)
    figures: list[ReportFigure] = field(default_factory=list)
    episodes: pd.DataFrame | None = None


class Diagnostics(Protocol):
    """Part `diagnostics`: what only this system can be asked (memorised text, returns in a closed loop)."""

    def diagnose(self, data: DiagnosticData, settings: Any, /) -> Diagnosis:
        """Measure the model beyond its metrics. `settings` is the section `evaluate.diagnostics`."""


class System(ABC):
    """One kind of data: how it is read, and what is specific to it in every stage.

    A part is imported when it is asked for, so that a stage imports what it needs and no more.
    """

    name: ClassVar[str]
    # The simple methods that `baselines.fit` trains, by answer; "rule", the fixed one, is always there beside them.
    # For any other answer, the answer's own baselines are fitted on `baselines.features`.
    simple_methods: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    linear_name: ClassVar[str] = "linear model"  # what the linear one of an answer's own baselines is called
    # What the diagnostics measure beside the metrics of the answer.
    metrics: ClassVar[frozenset[str]] = frozenset()

    @property
    @abstractmethod
    def config(self) -> Config: ...

    @property
    def bundled(self) -> Bundled | None:
        """None: people bring their own data."""
        return None

    @property
    @abstractmethod
    def reading(self) -> Reading: ...

    @property
    @abstractmethod
    def inputs(self) -> Inputs: ...

    @property
    @abstractmethod
    def baselines(self) -> Baselines: ...

    def simple_method_names(self, answer: str) -> tuple[str, ...]:
        """Return the names of the simple methods that `baseline_fitter` fits for the answer of this name."""
        return self.simple_methods.get(answer, (self.linear_name, "boosted trees"))

    def baseline_fitter(self, answer: Answer) -> FitBaselines:
        """Return what fits the baselines of an answer: the system's own, or else the answer's on the system's features.

        Raises `InputError` where there is neither.
        """
        if answer.name in self.simple_methods and self.baselines.fit is not None:
            return self.baselines.fit
        if answer.baselines is None or self.baselines.features is None:
            raise InputError(f"the system {self.name!r} has no simple method for the answer {answer.name!r}")
        return partial(answer.baselines.fit, features=self.baselines.features, linear_name=self.linear_name)

    @property
    @abstractmethod
    def plots(self) -> Plots: ...

    @property
    def diagnostics(self) -> Diagnostics | None:
        """None: there is nothing to ask beyond what every system is asked."""
        return None
