"""The seven systems. A system is a folder of parts, behind the interface of `hallmark.systems.system`."""

import importlib

from hallmark.errors import InputError
from hallmark.systems.system import System

RENAMED = {"fraud": "table"}  # the former name of a system and today's
ANSWERS = {
    "image": ("classes",),
    "speech": ("transcript",),
    "language": ("next_token",),
    "recommendation": ("next_item",),
    "table": ("classes",),
    "medical": ("classes",),
    "robotics": ("action", "classes"),
}  # what each system's data can be asked for; the first is meant where a task names none
NAMES = tuple(ANSWERS)


def answer_of(system: str, answer: str | None) -> str:
    """Return the name of the answer that a task of the system gives: the one that it names, or the system's usual one.

    Raises `InputError` where the system's data cannot be asked for it.
    """
    offered = ANSWERS[system]
    if answer is None:
        return offered[0]
    if answer not in offered:
        raise InputError(f"answer {answer!r} is none of those of the system {system!r}: {', '.join(offered)}")
    return answer


def load(name: str) -> System:
    """Return a system by its name: stage rooms know none. Its parts are imported when they are asked for.

    Raises `InputError` where there is no such system.
    """
    if name in RENAMED:
        raise InputError(f"system {name!r} is called {RENAMED[name]!r} now")
    if name not in NAMES:
        raise InputError(f"system {name!r} is none of {list(NAMES)}")

    system = importlib.import_module(f"hallmark.systems.{name}").SYSTEM
    assert isinstance(system, System)
    return system
