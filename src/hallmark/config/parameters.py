"""The parameters of a task: `Parameters`, and the model of each system. The top-level keys are the stages.

`raw`, `prepare.reading`, `train.network` and `evaluate.diagnostics` are the system's own: `systems/<name>/config.py`.
"""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import create_model

from hallmark import systems
from hallmark.config.section import Contradiction, Name, Section, setting, unique
from hallmark.config.stages import About, Bias, Decision, Drift, Evaluate, Gate, Prepare, Publish, Train, Validate

# Training seeds each step with (1,000,003 seed + step) 65,537 + process, which must fit into torch's 64 bits.
SEEDS = 2**28
METRICS_OF_ALERTS = ("sensitivity", "specificity", "precision", "alert_rate", "roc_auc", "average_precision")


def nothing_across(parameters: Any) -> Iterator[Contradiction]:  # noqa: ARG001 (as a system's own is called)
    """Yield nothing: most systems have no rule between their own sections."""
    yield from ()


class Parameters(Section):
    """All that is configured of one task. `parameters_model` makes the model of a system of it."""

    task: Name = setting(meaning="its name in conf/tasks.yaml")
    system: Name = setting(meaning="its system: what is read")
    answer: Name = setting(meaning="its answer: what is predicted")
    seed: int = setting(ge=0, le=SEEDS - 1, meaning="of all that is drawn at random")
    about: About = setting(meaning="for the model card")
    raw: Section = setting(meaning="of the bundled source: the system's own keys")
    prepare: Prepare = setting(meaning="the stage prepare")
    validation: Validate = setting(alias="validate", meaning="the stage validate")
    decision: Decision = setting(Decision(), meaning="what decisions cost, for train, evaluate, bias and drift")
    train: Train = setting(meaning="the stage train")
    evaluate: Evaluate = setting(meaning="the stage evaluate")
    bias: Bias = setting(meaning="the stage bias")
    drift: Drift = setting(meaning="the stage drift")
    gate: Gate = setting(meaning="the stage gate")
    publish: Publish = setting(meaning="the stage publish")

    across: ClassVar[Callable[[Any], Iterator[Contradiction]]] = (
        nothing_across  # the system's part `config` may have it
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (
            type(self).across(self),
            self._unknown_labels(),
            self._unknown_groups("bias.groups", lambda: self.bias.groups),
            self._unknown_groups("evaluate.diagnostics.groups", self._diagnosed_groups),
            self._alerts_of_nothing("evaluate.metrics", lambda: self.evaluate.metrics),
            self._alerts_of_nothing("bias.metrics", lambda: self.bias.metrics),
        )

    def _diagnosed_groups(self) -> list[str]:
        groups: list[str] = getattr(self.evaluate.diagnostics, "groups", [])
        return groups

    def _unknown_labels(self) -> Iterator[Contradiction]:
        labels = self.prepare.reading.label_names()
        if labels is None:
            return
        for key, label in self.decision.label_keys():
            if label not in labels:
                close = _did_you_mean(label, labels)
                words = f"names the label {label!r}: it must be one of prepare.reading.labels, {labels}{close}"
                yield Contradiction(f"decision.{key}", words)

    def _unknown_groups(self, key: str, names: Callable[[], list[str]]) -> Iterator[Contradiction]:
        """Groups to judge by must be made by the reading."""
        groups = self.prepare.reading.group_names()
        if groups is None:
            return
        for name in names():
            if name not in groups:
                hint = _did_you_mean(name, groups) or f": there are {', '.join(groups) or 'none'}"
                yield Contradiction(key, f"names {name!r}, which prepare.reading defines as no group{hint}")

    def _alerts_of_nothing(self, key: str, metrics: Callable[[], list[str]]) -> Iterator[Contradiction]:
        if self.decision.positive is not None:
            return
        for place, metric in enumerate(metrics()):
            if metric in METRICS_OF_ALERTS:
                words = f"is {metric!r}, which needs decision.positive: the label that an alert stands for"
                yield Contradiction(f"{key}[{place}]", words)


def _did_you_mean(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]}?" if close else ""


@cache
def parameters_model(name: str) -> type[Parameters]:
    """Return the model of a task of the system `name`: `Parameters` with the system's own sections and metrics.

    The system's part `config` has the sections Raw, Reading, Network and, where its diagnostics have keys, Diagnostics;
    and METRICS, those that it can give. Raises `InputError` on a system that there is none of.
    """
    system = systems.load(name)
    parts = system.config
    metric: Any = Literal[parts.METRICS]
    metrics: Any = Annotated[list[metric], unique]
    diagnostics: Any = getattr(parts, "Diagnostics", None)

    own_prepare = _extended(Prepare, reading=parts.Reading)
    own_train = _extended(Train, network=parts.Network)
    own_evaluate = _extended(Evaluate, primary_metric=metric, metrics=metrics)
    if diagnostics is not None:
        own_evaluate = _extended(own_evaluate, diagnostics=diagnostics)
    own_bias = _extended(Bias, metrics=metrics)
    own: type[Parameters] = _extended(
        Parameters, raw=parts.Raw, prepare=own_prepare, train=own_train, evaluate=own_evaluate, bias=own_bias
    )
    own.across = getattr(parts, "across", nothing_across)
    return own


def _extended(base: Any, **annotations: Any) -> Any:
    """Return the section with other types of some keys; what is said of the keys stays."""
    fields: dict[str, Any] = {}
    for name, annotation in annotations.items():
        field = base.model_fields[name]
        is_required = field.is_required() or name == "diagnostics"
        default = ... if is_required else field.default
        fields[name] = (annotation, setting(default, meaning=str(field.description)))
    return create_model(base.__name__, __base__=base, __module__=base.__module__, __doc__=base.__doc__, **fields)
