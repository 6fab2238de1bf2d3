"""The outcome of comparing a challenger with the champion, and why there may be none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hallmark.contracts.findings import Finding
from hallmark.contracts.verdicts import interval
from hallmark.errors import InputError

Outcome = Literal["first champion", "no worse", "not shown to be no worse", "worse", "not compared"]
Cause = Literal[  # what kept champion and challenger from being compared
    "alias", "package", "task", "answers", "training set", "overlap", "encoding", "metric"
]


@dataclass(frozen=True)
class Comparison:
    """How the challenger compares with the champion.

    `finding` holds the difference of the primary metric, challenger minus champion, positive where
    the challenger is better, with its 95 % interval. It is None where nothing was measured.
    """

    outcome: Outcome
    why: str
    version: str = ""  # the champion's number in the registry; "" where there is no champion
    champion: str = ""  # the digest of its package, or words where it has none; signatures are bound to them
    cause: Cause | None = None  # set where the outcome is "not compared"
    finding: Finding | None = None
    needs_raw: bool = False  # the champion's encoding is not today's, so its inputs are made of the raw data
    is_recorded: bool = False  # not measured here, but taken from a signature (see `signatures.recorded_comparison`)

    @property
    def needs_review(self) -> bool:
        """Whether a person has to settle it before promotion."""
        return self.outcome in ("not shown to be no worse", "not compared")

    @property
    def sentence(self) -> str:
        against = f" (version {self.version})" if self.version else ""
        return f"champion{against}: {self.outcome}: {self.why}"


class NotComparableError(Exception):
    """The champion cannot be compared fairly; `cause` is the kind of reason, the message says it in
    a sentence.
    """

    def __init__(self, cause: Cause, why: str) -> None:
        super().__init__(why)
        self.cause = cause


class RawDataError(InputError):
    """The raw data that today's examples were made of is not at hand.

    That is a fault of this machine, not of the champion, so no signature settles it.
    """


FIRST = Comparison("first champion", "there is no champion yet to compare with")


def without_alias(promoted_versions: Sequence[str]) -> Comparison:
    """Return the outcome where no version bears the champion alias, though some have: somebody
    removed it.

    `promoted_versions` are their numbers, the highest first.
    """
    version = promoted_versions[0]
    why = f"no version bears the alias, though version {version} has been promoted: somebody has removed it"
    return Comparison("not compared", why, champion=f"none after version {version}", cause="alias")


def conclude(finding: Finding, *, version: str, champion: str) -> Comparison:
    """Return the outcome of a measured difference, from the verdict of its finding, with the reason
    in a sentence.

    `version` is the champion's number in the registry, `champion` the digest of its package.
    """
    outcomes: dict[str, tuple[Outcome, str]] = {
        "pass": ("no worse", "all of it"),
        "fail": ("worse", "none of it"),
        "unresolved": ("not shown to be no worse", "not all of it"),
    }
    outcome, part_of_interval = outcomes[finding.verdict]

    outlook = f"; about {finding.needed:,} more would settle it" if finding.needed else ""
    why = (
        f"{finding.metric} of the challenger minus that of the champion is {interval(finding)}, positive where the "
        f"challenger is better, n = {finding.n:,}: {part_of_interval} is {finding.requirement}{outlook}"
    )
    return Comparison(outcome, why, version, champion, finding=replace(finding, reason=why))
