"""The seven systems. A system is a folder of parts, each a module with the functions that `system` describes."""

import importlib
from importlib.util import find_spec
from types import ModuleType
from typing import Literal

from hallmark.errors import InputError

Part = Literal["config", "embedded", "reading", "inputs", "network", "scoring", "baselines", "drawing", "diagnostics"]
NAMES = ("image", "speech", "language", "recommendation", "table", "medical", "robotics")
RENAMED = {"fraud": "table"}  # the former name of a system and today's


def load(system: str, part: Part) -> ModuleType:
    """Import one part of one system: only what a stage needs is imported, and stage rooms know no system by name."""
    if system in RENAMED:
        raise InputError(f"system {system!r} is called {RENAMED[system]!r} now")
    if system not in NAMES:
        raise InputError(f"system {system!r} is none of {list(NAMES)}")
    return importlib.import_module(f"hallmark.systems.{system}.{part}")


def offers(system: str, part: Part) -> bool:
    """Say whether a system has a part that not every system has."""
    return find_spec(f"hallmark.systems.{system}.{part}") is not None
