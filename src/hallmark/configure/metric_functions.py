"""Metrics that a task adds by functions of its own: checked before anything runs, and pinned by their file's digest."""

from collections.abc import Iterator
from pathlib import Path

from hallmark import extensions, systems
from hallmark.config import Parameters, mistakes
from hallmark.errors import InputError

_SECTION = "evaluate.functions"


def with_digests(parameters: Parameters, project: Path) -> Parameters:
    """Return the parameters where each function's `digest` is the SHA-256 of its file, so that DVC sees an edit.

    `project` is the folder that holds `extensions/`. Raises `InputError` with everything that is wrong with the
    functions.
    """
    functions = parameters.evaluate.functions
    if not functions:
        return parameters

    mistakes.refuse(list(_mistakes(parameters, project)))
    pinned = {
        name: function.model_copy(update={"digest": extensions.digest_of(function.function, parameters.task, project)})
        for name, function in functions.items()
    }
    evaluate = parameters.evaluate.model_copy(update={"functions": pinned})
    return parameters.model_copy(update={"evaluate": evaluate})


def _mistakes(parameters: Parameters, project: Path) -> Iterator[str]:
    own_metrics = systems.load(parameters.system).config.METRICS
    for name, function in parameters.evaluate.functions.items():
        key = f"{_SECTION}.{name}"
        if name in own_metrics:
            yield f"{key} in conf/ has the name of a metric that there is already: give it another"
        elif not name.isidentifier():
            yield f"{key} in conf/ is no plain name: write it with letters, digits and _"
        try:
            extensions.load_function(function.function, parameters.task, project)
        except InputError as mistake:
            yield f"{key}.function in conf/ {mistake}"
