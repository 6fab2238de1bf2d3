"""Metrics that a task adds to the list: functions of predictions, which its configuration names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

from hallmark import extensions
from hallmark.errors import InputError
from hallmark.metrics.function_metrics import FunctionMetric
from hallmark.metrics.metric import Support
from hallmark.metrics.registry import METRICS


class FunctionSettings(Protocol):
    """A section of `evaluate.functions` (`config.stages.MetricFunction`)."""

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
    @property
    def digest(self) -> str: ...


def add_task_metrics(functions: Mapping[str, FunctionSettings], task: str, *, project: Path = Path()) -> None:
    """Load the functions of a task, and add the metrics that they make to METRICS, for this process.

    `project` is the folder that holds `extensions/`. Raises `InputError` where a function can't be loaded, its file is
    another than `configure` saw, or its name is that of a metric that there is already.
    """
    for name, settings in functions.items():
        key = f"evaluate.functions.{name}"
        if not isinstance(METRICS.get(name), FunctionMetric | None):
            raise InputError(f"{key} has the name of a metric that there is already: give it another")
        try:
            digest = extensions.digest_of(settings.function, task, project)
            function = extensions.load_function(settings.function, task, project)
        except InputError as error:
            raise InputError(f"{key}.function {error}") from error
        if digest != settings.digest:
            raise InputError(f"{key}: its file has changed since `configure` ran: run `dvc repro`")

        METRICS[name] = FunctionMetric(
            name,
            settings.label or name.replace("_", " ").capitalize(),
            settings.unit,
            settings.direction == "higher",
            settings.support,
            function=function,
            columns=tuple(settings.columns),
        )
