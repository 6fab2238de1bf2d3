"""The summary of a task: the few numbers that people ask for first.

The gate writes it; card and tables show it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from hallmark.contracts import findings
from hallmark.contracts.findings import Finding
from hallmark.contracts.slices import slice_name
from hallmark.contracts.verdicts import SEALED, Status, interval
from hallmark.errors import InputError
from hallmark.files import require


@dataclass(frozen=True, kw_only=True)
class Level:
    """The primary metric of one scorer on the test split, with its 95 % limits; `n` counts entities.

    `estimate`, `low` and `high` are None where they can't be estimated.
    """

    scorer: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int

    @property
    def text(self) -> str:
        """The number for people, with three decimals: "0.931 [0.912, 0.947]".

        A dash where it is unknown.
        """
        if self.estimate is None:
            return "-"
        if self.low is None or self.high is None:
            return f"{self.estimate:.3f}"
        return f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A requirement that led to the status; where that is "eligible", one that is met.

    finding: The first finding that it judged so.
    further: How many more findings it judged so.
    """

    requirement: str
    finding: Finding
    further: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The primary metric of model, best simple method and fixed rule, the worst group, and the
    gate's status.

    metric: The primary metric's name.
    best_simple_method: The simple method that was best on validation, with its metric on test. The
        fixed rule, which learns nothing, is not among the simple methods.
    worst_gap: The gap (bias.gap) with the lowest lower limit, of the primary metric where it is
        judged by group; None where no gap is judged.
    reasons: The requirements that led to the status: all that apply where it is "eligible".
    """

    task: str
    metric: str
    model: Level
    best_simple_method: Level | None
    rule: Level | None
    worst_gap: Finding | None
    status: Status
    reasons: tuple[Reason, ...]

    @property
    def metric_name(self) -> str:
        return self.metric.replace("_", " ")

    @property
    def decided(self) -> str:
        """What led to the status, in words: "2 findings, under calibration, group_gap"."""
        if self.status == "not judged":
            return SEALED
        count = sum(1 + reason.further for reason in self.reasons)
        if self.status == "eligible":
            words = "finding meets its requirement" if count == 1 else "findings meet their requirements"
            return f"{count} judged {words}"
        requirements = ", ".join(reason.requirement for reason in self.reasons)
        return f"{count} {'finding' if count == 1 else 'findings'}, under {requirements}"

    @property
    def lines(self) -> Mapping[str, str]:
        """The numbers as texts, by their description: "fixed rule" → "0.500 [0.480, 0.520]"."""
        texts = {f"{self.metric_name} on test": f"{self.model.text}, n = {self.model.n:,}"}
        if self.best_simple_method is not None:
            texts["best simple method"] = f"{self.best_simple_method.scorer}: {self.best_simple_method.text}"
        if self.rule is not None:
            texts["fixed rule"] = self.rule.text
        texts["worst group"] = "not judged"
        if self.worst_gap is not None:
            texts["worst group"] = f"{gap_name(self.worst_gap)}: {interval(self.worst_gap)}"
        texts["what decided"] = self.decided
        return texts


def gap_name(gap: Finding) -> str:
    """Return the metric and the slice of a gap: "accuracy, age=old"."""
    return f"{gap.metric}, {slice_name(gap.slice)}"


def write(summary: Summary, path: Path) -> None:
    """Write the summary as JSON."""
    content = {
        "task": summary.task,
        "metric": summary.metric,
        "model": asdict(summary.model),
        "best_simple_method": _level_record(summary.best_simple_method),
        "rule": _level_record(summary.rule),
        "worst_gap": None if summary.worst_gap is None else findings.record(summary.worst_gap),
        "status": summary.status,
        "reasons": [
            {
                "requirement": reason.requirement,
                "finding": findings.record(reason.finding),
                "further": reason.further,
            }
            for reason in summary.reasons
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Summary:
    """Read what `write` wrote. Raises `InputError` where it is missing, or is no summary."""
    text = require(path, "the gate's summary").read_text(encoding="utf-8", errors="replace")
    try:
        return _summary(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no summary that the gate wrote ({error!r}): run the gate again") from error


def _summary(content: Any) -> Summary:
    status = content["status"]
    if status not in get_args(Status):
        raise ValueError(f"status is {status!r}")

    worst_gap = content["worst_gap"]
    reasons = [
        Reason(requirement=each["requirement"], finding=findings.of(each["finding"]), further=each["further"])
        for each in content["reasons"]
    ]
    return Summary(
        task=content["task"],
        metric=content["metric"],
        model=Level(**content["model"]),
        best_simple_method=_level(content["best_simple_method"]),
        rule=_level(content["rule"]),
        worst_gap=None if worst_gap is None else findings.of(worst_gap),
        status=status,
        reasons=tuple(reasons),
    )


def _level(record: Any) -> Level | None:
    return None if record is None else Level(**record)


def _level_record(level: Level | None) -> dict[str, Any] | None:
    return None if level is None else asdict(level)
