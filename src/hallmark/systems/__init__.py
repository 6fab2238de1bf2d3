"""The seven systems. A system is a folder of parts, behind the interface of `hallmark.systems.system`."""

import importlib

from hallmark.errors import InputError
from hallmark.systems.system import System

NAMES = ("image", "speech", "language", "recommendation", "table", "medical", "robotics")
RENAMED = {"fraud": "table"}  # the former name of a system and today's


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
