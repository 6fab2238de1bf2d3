"""Raw data read as a task does that states these keys of `prepare.reading`."""

from pathlib import Path
from typing import Any

from hallmark import systems
from hallmark.config import mistakes, reading_keys
from hallmark.contracts.examples import Examples


def section(system: str, keys: dict[str, Any]) -> reading_keys.Reading:
    """The typed section. Raises `InputError` with all mistakes at once, as `configure` does."""
    parameters, problems = mistakes.check(systems.load(system).config.Reading, keys)
    mistakes.refuse([problem.sentence("prepare.reading") for problem in problems])
    return parameters


def read(system: str, folder: Path, **keys: Any) -> Examples:
    return systems.load(system).reading.read(folder, section(system, keys))
