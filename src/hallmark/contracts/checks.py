"""The checks that findings can be of, and which systems offer them: what a requirement of the gate may name."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

# By the check's name, the systems that offer it; None: all of them, though an answer may have nothing to check.
CHECKS: Mapping[str, frozenset[str] | None] = {
    "validate.*": None,  # named after the expectation
    "train.parity": None,
    "evaluate.metric": None,
    "evaluate.gain": None,
    "evaluate.complexity": None,
    "evaluate.gap": None,
    "evaluate.shortcut": None,
    "evaluate.single_input": None,
    "evaluate.patch": None,
    "evaluate.group_label": None,
    "evaluate.recall": None,
    "evaluate.review": None,
    "evaluate.test_use": None,
    "evaluate.memorisation": frozenset({"language"}),
    "evaluate.generated": frozenset({"language"}),
    "evaluate.coverage": frozenset({"recommendation"}),
    "evaluate.genre": frozenset({"recommendation"}),
    "evaluate.popularity_bias": frozenset({"recommendation"}),
    "evaluate.triage": frozenset({"medical"}),
    "evaluate.sensitivity": frozenset({"medical"}),
    "evaluate.closed_loop": frozenset({"robotics"}),
    "evaluate.expert": frozenset({"robotics"}),
    "bias.coverage": None,
    "bias.gap": None,
    "drift.column": None,
    "drift.error": None,
    "gate.*": None,  # what a person gives
}


def known(pattern: str) -> list[str]:
    """Return the checks that a requirement's shell pattern matches; none where its name is mistyped."""
    return [name for name in CHECKS if fnmatchcase(name, pattern) or fnmatchcase(pattern, name)]


def belongs(check: str, stage: str, system: str) -> bool:
    """Say whether a finding of this check may stand among those of the stage, in a task of the system."""
    if check.partition(".")[0] != stage:
        return False
    return any(fnmatchcase(check, name) and (systems is None or system in systems) for name, systems in CHECKS.items())


def offered(pattern: str, system: str) -> bool:
    """Say whether a system offers any check that the pattern matches. A pattern that matches none counts as offered,
    so that the gate misses its finding.
    """
    systems = [CHECKS[name] for name in known(pattern)]
    return not systems or any(names is None or system in names for names in systems)
