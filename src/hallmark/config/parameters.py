"""The parameters of a task as a model: `Parameters`, and a subclass for each system.

The top-level keys are the stages. `raw`, `prepare.reading`, `train.network` and
`evaluate.diagnostics` have keys of the system's own, from `systems/<name>/config.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import create_model

from hallmark import systems
from hallmark.config.component import TARGET, Component, RandomAffine, WarmupCosine
from hallmark.config.section import Contradiction, Name, Section, setting, unique
from hallmark.config.stages import About, Bias, Decision, Drift, Evaluate, Gate, Prepare, Publish, Train, Validate

# The number of seeds. Training seeds each step with (1,000,003 seed + step) 65,537 + process, which
# must fit into torch's 64 bits.
SEEDS = 2**28
_OWN = "extensions."  # begins the name of a class or function in a task's own files


def nothing_across(parameters: Any) -> Iterator[Contradiction]:  # noqa: ARG001 (the signature of a system's own rule)
    """Yield nothing: the rule between sections of a system that has none."""
    yield from ()


class Extensions(Section):
    """One SHA-256 for each stage, over the task's own files that it uses; "" where it uses none."""

    prepare: str = setting("", meaning="of the files in extensions/<task>/ that the stage prepare uses")
    validation: str = setting("", alias="validate", meaning="of those that the stage validate uses")
    train: str = setting("", meaning="of those that the stage train uses")
    evaluate: str = setting("", meaning="of those that the stage evaluate uses")
    drift: str = setting("", meaning="of those that the stage drift uses")


class Parameters(Section):
    """All parameters of one task. `parameters_model` makes the subclass of a system."""

    task: Name = setting(meaning="its name in conf/tasks.yaml")
    system: Name = setting(meaning="its system: what is read")
    answer: Name = setting(meaning="its answer: what is predicted")
    overrides: list[str] = setting([], meaning="what conf/overrides.yaml overrides for it, in Hydra's words")
    seed: int = setting(ge=0, le=SEEDS - 1, meaning="of every random draw")
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

    extensions: Extensions = setting(Extensions(), meaning="digests of the task's own files; configure writes them")

    across: ClassVar[Callable[[Any], Iterator[Contradiction]]] = (
        nothing_across  # the system's part `config` may have it
    )

    def own_names(self, stage: str) -> list[str]:
        """Return what the section of a stage names of the task's own files: extensions.<task>.<file>.<name>."""
        section = self.model_dump()[stage]
        return list(dict.fromkeys(_own_names(section)))

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (
            type(self).across(self),
            self._unknown_labels(),
            self._unknown_descriptors(),
            self._unknown_groups("bias.groups", lambda: self.bias.groups),
            self._unknown_groups("evaluate.diagnostics.groups", self._diagnosed_groups),
        )

    def _diagnosed_groups(self) -> list[str]:
        """Return the groups of `evaluate.diagnostics`; none where the system has no such key."""
        groups: list[str] = getattr(self.evaluate.diagnostics, "groups", [])
        return groups

    def _unknown_labels(self) -> Iterator[Contradiction]:
        """Labels in `decision` must be among those that the reading declares."""
        labels = self.prepare.reading.label_names()
        if labels is None:
            return
        for key, label in self.decision.label_keys():
            if label not in labels:
                close = _did_you_mean(label, labels)
                words = f"names the label {label!r}: it must be one of prepare.reading.labels, {labels}{close}"
                yield Contradiction(f"decision.{key}", words)

    def _unknown_descriptors(self) -> Iterator[Contradiction]:
        """Columns in `decision.scale` must be descriptors that the reading makes."""
        names = self.prepare.reading.descriptor_names()
        if names is None:
            return
        for label, column in self.decision.scale.items():
            name = column.removeprefix("descriptor.")
            if name not in names:
                hint = _did_you_mean(name, names) or f": there are {', '.join(names)}"
                yield Contradiction(f"decision.scale.{label}", f"is {column!r}, which is no descriptor{hint}")

    def _unknown_groups(self, key: str, names: Callable[[], list[str]]) -> Iterator[Contradiction]:
        """Each of `names()`, the value of `key`, must be a group that the reading makes."""
        groups = self.prepare.reading.group_names()
        if groups is None:
            return
        for name in names():
            if name not in groups:
                hint = _did_you_mean(name, groups) or f": there are {', '.join(groups) or 'none'}"
                yield Contradiction(key, f"names {name!r}, which prepare.reading defines as no group{hint}")


def _own_names(content: Any) -> Iterator[str]:
    """Yield the name of each class or function of the task's own files in a section, at any depth."""
    if isinstance(content, Mapping):
        for key in (TARGET, "function", "type"):  # the last of an expectation
            name = content.get(key)
            if isinstance(name, str) and name.startswith(_OWN):
                yield name
        for inner in content.values():
            yield from _own_names(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _own_names(inner)


def _did_you_mean(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def model_of(
    content: Mapping[str, Any], *, metrics: tuple[str, ...] | None = None, functions: tuple[str, ...] = ()
) -> type[Parameters]:
    """Return the model of composed `content`, which has a key `system` (see `parameters_model`).

    A component of `train` whose `_target_` is not the shipped one has plain arguments.
    """
    own_components = tuple(unshipped_components(content))
    return parameters_model(content["system"], metrics=metrics, functions=functions, own_components=own_components)


def unshipped_components(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield each key of `train` in composed `content` whose component could be the shipped one, and is another."""
    section = content.get("train")
    for key, shipped in _shipped_components(content["system"]).items():
        component = section.get(key) if isinstance(section, Mapping) else None
        target = component.get(TARGET) if isinstance(component, Mapping) else None
        if isinstance(target, str) and target not in get_args(shipped.model_fields["target"].annotation):
            yield key


def _shipped_components(system: str) -> dict[str, type[Component]]:
    """Return the typed section of each key of `train` that has one, for its shipped component."""
    network: Any = systems.load(system).config.Network
    return {"network": network, "augmentation": RandomAffine, "scheduler": WarmupCosine}


@cache
def parameters_model(
    name: str,
    *,
    metrics: tuple[str, ...] | None = None,
    functions: tuple[str, ...] = (),
    own_components: tuple[str, ...] = (),
) -> type[Parameters]:
    """Return the model of a task of the system `name`: `Parameters` with the system's sections.

    The system's module `config` has the sections Raw, Reading and Network, and optionally
    Diagnostics and `across` (rules between sections).

    metrics: The names that a metric can have; None: any, as in what `configure` has checked.
    functions: The names in `evaluate.functions`, which `evaluate.metrics` can have, too.
    own_components: The keys of `train` whose component is not the shipped one: its arguments are
        not typed.

    Raises `InputError` on an unknown system.
    """
    system = systems.load(name)
    parts = system.config
    diagnostics: Any = getattr(parts, "Diagnostics", None)

    own_prepare = _extended(Prepare, reading=parts.Reading)
    shipped_components: dict[str, Any] = {}
    for key, shipped in _shipped_components(name).items():
        if key not in own_components:
            is_required = Train.model_fields[key].is_required()
            shipped_components[key] = shipped if is_required else shipped | None
    own_train = _extended(Train, **shipped_components)
    own_evaluate: Any = Evaluate
    own_bias: Any = Bias
    if metrics is not None:
        metric: Any = Literal[metrics]
        measured: Any = Literal[(*metrics, *functions)]
        own_evaluate = _extended(Evaluate, primary_metric=metric, metrics=Annotated[list[measured], unique])
        own_bias = _extended(Bias, metrics=Annotated[list[metric], unique])
    if diagnostics is not None:
        own_evaluate = _extended(own_evaluate, diagnostics=diagnostics)

    own: type[Parameters] = _extended(
        Parameters, raw=parts.Raw, prepare=own_prepare, train=own_train, evaluate=own_evaluate, bias=own_bias
    )
    own.across = getattr(parts, "across", nothing_across)
    return own


def _extended(base: Any, **annotations: Any) -> Any:
    """Return a subclass of a section in which some keys have other types; all else stays."""
    fields: dict[str, Any] = {}
    for name, annotation in annotations.items():
        field = base.model_fields[name]
        is_required = field.is_required() or name == "diagnostics"
        default = ... if is_required else field.default
        fields[name] = (annotation, setting(default, meaning=str(field.description)))
    return create_model(base.__name__, __base__=base, __module__=base.__module__, __doc__=base.__doc__, **fields)
