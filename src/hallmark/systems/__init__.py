"""The seven systems. A system is a folder of parts, each a module with the functions that `contract` describes."""

import importlib
from types import ModuleType
from typing import Literal

from hallmark.errors import InputError

Part = Literal["config", "embedded", "reading", "network", "scoring", "baselines", "drawing"]
NAMES = ("image", "fraud")


def load(system: str, part: Part) -> ModuleType:
    """Import one part of one system: only what a stage needs is imported, and stage rooms know no system by name."""
    if system not in NAMES:
        raise InputError(f"system {system!r} is none of {list(NAMES)}")
    return importlib.import_module(f"hallmark.systems.{system}.{part}")
