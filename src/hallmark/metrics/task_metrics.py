"""Metrics that a task adds to the registry: functions of predictions named in its configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

from hallmark import extensions
from hallmark.errors import InputError
from hallmark.metrics.function_metrics import FunctionMetric
from hallmark.metrics.metric import Support
from hallmark.metrics.registry import METRICS


class FunctionSettings(Protocol):
    """One section of `evaluate.functions` in a task's parameters (`config.stages.MetricFunction`)."""

    @property
    def function(self) -> str: ...
    @property
    def direction(self) -> Literal["higher", "lower"]: ...
    @property
    def support(self) -> Support: ...
    @property
    def label(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def columns(self) -> list[str]: ...


def add_task_metrics(functions: Mapping[str, FunctionSettings], task: str, *, project: Path = Path()) -> None:
    """Load a task's metric functions, and register each as a `FunctionMetric` in METRICS, where it
    stays until this process ends.

    `functions` maps the metric's name to its settings, the section `evaluate.functions`. `project`
    is the folder that contains `extensions/`.

    Raises `InputError` where a function can't be loaded, and where the name belongs to a built-in
    metric.
    """
    for name, settings in functions.items():
        key = f"evaluate.functions.{name}"
        existing_metric = METRICS.get(name)
        is_built_in = existing_metric is not None and not isinstance(existing_metric, FunctionMetric)
        if is_built_in:
            raise InputError(f"{key} has the name of a metric that there is already: give it another")
        try:
            function = extensions.load_function(settings.function, task, project)
        except InputError as error:
            raise InputError(f"{key}.function {error}") from error

        METRICS[name] = FunctionMetric(
            name,
            label=settings.label or name.replace("_", " ").capitalize(),
            unit=settings.unit,
            higher_is_better=settings.direction == "higher",
            support=settings.support,
            function=function,
            columns=tuple(settings.columns),
            key=key,
        )
