"""Making the object of a component, by Hydra's `instantiate`."""

import functools
import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from hallmark import extensions
from hallmark.components import call_arguments, targets
from hallmark.components.slots import Slot
from hallmark.components.targets import TARGET
from hallmark.config import mistakes
from hallmark.errors import InputError
from hallmark.layout import Layout


@dataclass(frozen=True)
class Factory:
    """What makes a component's object, or calls its function: the target with the arguments of its section.

    key: The component's place in the configuration, for messages.
    target: The class or function.
    call: The target with the section's arguments.
    """

    key: str
    target: Any
    call: Callable[..., Any]

    def __call__(self, *given: Any, **offered: Any) -> Any:
        """Return what the target returns for `given`, in order, and those of `offered` that it takes.

        Raises `InputError` with the place of the mistake where the target itself fails.
        """
        accepted = {name: value for name, value in offered.items() if self.takes(name)}
        try:
            return self.call(*given, **accepted)
        except InputError:
            raise
        except Exception as error:
            cause = error.__cause__ if isinstance(error, InstantiationException) and error.__cause__ else error
            raise InputError(f"{self.key} can't be made: {_in_words(cause)}") from error

    def function(self) -> Callable[..., Any]:
        """Return the target with the section's arguments, as a plain function that may be called for each batch.

        Hydra's own partial looks for its targets among all loaded modules at each call: 1.9 ms of a
        call of 2.1 ms, measured with `random_affine`. What may be a target, `targets` has decided.
        """
        assert isinstance(self.call, functools.partial)
        return functools.partial(self.call.func, *self.call.args, **self.call.keywords)

    def takes(self, name: str) -> bool:
        """Say whether the target has a parameter of this name."""
        try:
            return name in inspect.signature(self.target).parameters
        except (ValueError, TypeError):
            return False


def factory(key: str, section: Mapping[str, Any], slot: Slot, *, task: str, project: Path = Path()) -> Factory:
    """Return the factory of the component `section`, which stands at `key`.

    What lies within it is made now, and is the same object in whatever the factory makes. Raises
    `InputError` with all mistakes, as `call_arguments.mistakes` finds them.
    """
    found = call_arguments.mistakes(key, section, slot, task=task, project=project)
    mistakes.refuse([mistake.sentence(Layout(task).parameters.as_posix()) for mistake in found])

    target = targets.resolve(section[TARGET], slot, task, project)
    try:
        call = instantiate({**section, "_partial_": True, "_convert_": "all"})
    except InstantiationException as error:
        raise InputError(f"{key} can't be made: {_in_words(error.__cause__ or error)}") from error
    return Factory(key, target, call)


def _in_words(error: BaseException) -> str:
    """Return an error of somebody else's code as words, with the last line of an extension that it came through."""
    words = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"
    own_lines = [
        f"{Path(frame.filename).name}, line {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if f"/{extensions.ROOT}/" in Path(frame.filename).as_posix()
    ]
    return f"{words} ({own_lines[-1]})" if own_lines else words
