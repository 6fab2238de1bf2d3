"""Functions by which a task adds metrics of its own: they are checked before anything runs.

The digest of a function's file becomes a parameter, so that DVC reruns evaluation when the file is
edited.
"""

from collections.abc import Iterator
from pathlib import Path

from hallmark import extensions, systems
from hallmark.config import Parameters, mistakes
from hallmark.errors import InputError

_SECTION = "evaluate.functions"


def with_digests(parameters: Parameters, project: Path) -> Parameters:
    """Return the parameters where each function's `digest` is the SHA-256 of the function's file.

    `project` is the folder that holds `extensions/`. Raises `InputError` with the faults of all
    functions: a name that is taken or is no identifier, and a function that can't be loaded.
    """
    functions = parameters.evaluate.functions
    if not functions:
        return parameters

    mistakes.refuse(list(_mistakes(parameters, project)))
    functions_with_digests = {}
    for name, function in functions.items():
        digest = extensions.digest_of(function.function, parameters.task, project)
        functions_with_digests[name] = function.model_copy(update={"digest": digest})
    evaluate = parameters.evaluate.model_copy(update={"functions": functions_with_digests})
    return parameters.model_copy(update={"evaluate": evaluate})


def _mistakes(parameters: Parameters, project: Path) -> Iterator[str]:
    """Yield a sentence for each fault of a function of `evaluate.functions`."""
    metrics_of_system = systems.load(parameters.system).config.METRICS
    for name, function in parameters.evaluate.functions.items():
        key = f"{_SECTION}.{name}"
        if name in metrics_of_system:
            yield f"{key} in conf/ has the name of a metric that there is already: give it another"
        elif not name.isidentifier():
            yield f"{key} in conf/ is no plain name: write it with letters, digits and _"
        try:
            extensions.load_function(function.function, parameters.task, project)
        except InputError as mistake:
            yield f"{key}.function in conf/ {mistake}"
