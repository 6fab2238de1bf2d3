"""The verification record: what was made anew, of which commit and verdict, and what could not be."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hallmark.differences import Difference
from hallmark.errors import InputError


@dataclass(frozen=True)
class Record:
    """`verdict` is the SHA-256 of verdict.json in `commit`; the record counts for these two alone.

    `differences` must be empty for it to speak for the verdict. `not_verified` names what was too large to be made
    anew: promotion then asks for a signature. `taken_over` names what stands as committed, and `identical` says
    whether the evidence is the same bit for bit, or within the tolerance; `deviation` is the largest difference of two
    numbers, as a share of what is tolerated. `environment` is the digest of the one that verified.
    """

    task: str
    commit: str
    verdict: str
    differences: tuple[Difference, ...] = ()
    not_verified: tuple[str, ...] = ()
    taken_over: tuple[str, ...] = ()
    identical: bool = False
    deviation: float = 0.0
    environment: str = ""

    @property
    def sentence(self) -> str:
        """What the record says, in one line."""
        about = f"commit {self.commit[:12]}, verdict {self.verdict[:12]}"
        if self.differences:
            return f"not verified: {len(self.differences)} differences from {about}"
        extent = f"in part ({'; '.join(self.not_verified)})" if self.not_verified else "whole"
        same = "bit for bit" if self.identical else f"within {self.deviation:.0%} of the tolerance"
        return f"verified {extent}, {same}: {about}"


def write(record: Record, path: Path) -> None:
    """Write the record as JSON, in one line, so that a workflow can hand it from job to job."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(record), ensure_ascii=True, allow_nan=False) + "\n", encoding="utf-8")


def read(path: Path) -> Record | None:
    """Read what `write` wrote, or return None where nothing was verified. Raises `InputError` on anything else."""
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        record = Record(
            task=content["task"],
            commit=content["commit"],
            verdict=content["verdict"],
            differences=tuple(Difference(**each) for each in content["differences"]),
            not_verified=tuple(content["not_verified"]),
            taken_over=tuple(content["taken_over"]),
            identical=content["identical"],
            deviation=float(content["deviation"]),
            environment=content["environment"],
        )
        texts = [record.task, record.commit, record.verdict, record.environment, *record.not_verified]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a text is of another kind")
        return record
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no verification record ({error!r}): run `make verify` again") from error


def objections(record: Record | None, *, task: str, commit: str, verdict: str) -> list[str]:
    """Return why the record does not speak for this verdict of this commit; none means that it does.

    Raises nothing: a missing or stale record is an objection.
    """
    if record is None:
        return ["nothing was verified here: `make verify`"]
    wanted = {"task": task, "commit": commit, "verdict": verdict}
    stale = [name for name, value in wanted.items() if getattr(record, name) != value]
    if stale:
        return [f"the verification is of another {' and '.join(stale)}: `make verify` again"]
    return [f"{each.subject}: {each.expected} is committed, {each.actual} came out" for each in record.differences]
