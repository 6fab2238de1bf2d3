"""The seven systems, one for each kind of data, and the answers that each can give.

`load("image")` returns one behind the interface of `hallmark.systems.system`, which says how a system is added. Stages
know no system by name.
"""

import importlib

from hallmark.errors import InputError
from hallmark.systems.system import System

# What the data of each system can be asked for (`hallmark.answers`). The first is meant where a task names none.
ANSWERS = {
    "image": ("classes",),
    "speech": ("transcript",),
    "language": ("next_token",),
    "recommendation": ("next_item",),
    "table": ("classes",),
    "medical": ("classes",),
    "robotics": ("action", "classes"),
}
NAMES = tuple(ANSWERS)
RENAMED = {"fraud": "table"}  # a system's former name → today's


def load(name: str) -> System:
    """Return the system of that name. Its parts are imported when they are asked for.

    Raises `InputError` where there is no such system.
    """
    if name in RENAMED:
        raise InputError(f"system {name!r} is called {RENAMED[name]!r} now")
    if name not in NAMES:
        raise InputError(f"system {name!r} is none of {list(NAMES)}")

    system = importlib.import_module(f"hallmark.systems.{name}").SYSTEM
    assert isinstance(system, System)
    return system


def resolve_answer(system: str, answer: str | None) -> str:
    """Return the name of the answer that a task of the system gives: the stated one, or the system's usual one.

    Raises `InputError` where the system's data cannot be asked for it.
    """
    offered = ANSWERS[system]
    if answer is None:
        return offered[0]
    if answer not in offered:
        raise InputError(f"answer {answer!r} is none of those of the system {system!r}: {', '.join(offered)}")
    return answer
