"""Functions by which a task adds metrics of its own: they are checked before anything runs."""

from collections.abc import Iterator
from pathlib import Path

from hallmark import extensions
from hallmark.config import Parameters
from hallmark.config.mistakes import Mistake, until_value_missing
from hallmark.config.stages import MetricFunction
from hallmark.configure import metric_names
from hallmark.errors import InputError

_SECTION = "evaluate.functions"


def mistakes(parameters: Parameters, project: Path, *, is_partial: bool = False) -> Iterator[Mistake]:
    """Yield the mistakes in `evaluate.functions`: a name that is taken or is no identifier, and a
    function that can't be loaded from `project`/extensions/.

    `is_partial`: values that the schema refused are missing from `parameters`, and already reported.
    """
    yield from until_value_missing(_mistakes(parameters, project, is_partial), is_partial=is_partial)


def _mistakes(parameters: Parameters, project: Path, is_partial: bool) -> Iterator[Mistake]:
    built_in_names = metric_names.built_in(parameters.system)
    for name, function in parameters.evaluate.functions.items():
        key = f"{_SECTION}.{name}"
        if name in built_in_names:
            yield Mistake(key, "has the name of a metric that there is already: give it another")
        elif not name.isidentifier():
            yield Mistake(key, "is no plain name: write it with letters, digits and _")
        unloadable = _unloadable(key, function, parameters.task, project)
        yield from until_value_missing(unloadable, is_partial=is_partial)


def _unloadable(key: str, function: MetricFunction, task: str, project: Path) -> Iterator[Mistake]:
    try:
        extensions.load_function(function.function, task, project)
    except InputError as mistake:
        yield Mistake(f"{key}.function", str(mistake))
