"""What the gate asks for must be a check that findings can be of: else it would never find what it names."""

from collections.abc import Iterator

from hallmark.config import Parameters
from hallmark.config.mistakes import Mistake, did_you_mean, judge
from hallmark.config.stages import Requirement
from hallmark.contracts import checks


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """Yield each requirement whose check is none."""
    for name, requirement in parameters.gate.requirements.items():
        yield from judge(_unknown_check(f"gate.requirements.{name}.check", requirement))


def _unknown_check(key: str, requirement: Requirement) -> Iterator[Mistake]:
    if not checks.known(requirement.check):
        hint = did_you_mean(requirement.check, checks.CHECKS) or f": there are {', '.join(checks.CHECKS)}"
        yield Mistake(key, f"is {requirement.check!r}, which is no check{hint}")
