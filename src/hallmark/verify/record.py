"""The verification record: what was run again, of which commit and verdict, and how it differs."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hallmark.errors import InputError
from hallmark.evidence_differences import Difference


@dataclass(frozen=True)
class UnverifiedStage:
    """A stage that was not run again, and why, in words that may differ from machine to machine."""

    stage: str
    reason: str

    @property
    def sentence(self) -> str:
        return f"{self.stage}: {self.reason}"


@dataclass(frozen=True)
class Record:
    """What one verification found. It counts for its commit and its verdict alone.

    Promotion refuses where there are `differences`, and asks for a signature where a stage is
    `not_verified`.
    """

    task: str
    commit: str  # its full name, 40 hexadecimal digits
    verdict: str  # SHA-256 of that commit's verdict.json, 64 hexadecimal digits
    differences: tuple[Difference, ...] = ()
    not_verified: tuple[UnverifiedStage, ...] = ()
    taken_over: tuple[str, ...] = ()  # sentences on what was not compared, but stands as committed
    identical: bool = False  # bit for bit; else within the tolerance (see `evidence_comparison`)
    deviation: float = 0.0  # the largest one of two numbers, as a fraction of what is tolerated: 0 to 1
    environment: str = ""  # digest of the environment that verified; "" where there are differences

    @property
    def sentence(self) -> str:
        """The outcome, the commit and the verdict in one line."""
        about = f"commit {self.commit[:12]}, verdict {self.verdict[:12]}"
        if self.differences:
            return f"not verified: {len(self.differences)} differences from {about}"
        reasons = "; ".join(each.sentence for each in self.not_verified)
        extent = f"in part ({reasons})" if self.not_verified else "whole"
        same = "bit for bit" if self.identical else f"within {self.deviation:.0%} of the tolerance"
        return f"verified {extent}, {same}: {about}"


def write(record: Record, path: Path) -> None:
    """Write the record as one line of JSON, which a workflow can hand from job to job."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(record), ensure_ascii=True, allow_nan=False) + "\n", encoding="utf-8")


def read(path: Path) -> Record | None:
    """Read a record that `write` wrote; None where there is none.

    Raises `InputError` where the file is no record.
    """
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        record = Record(
            task=content["task"],
            commit=content["commit"],
            verdict=content["verdict"],
            differences=tuple(Difference(**each) for each in content["differences"]),
            not_verified=tuple(UnverifiedStage(**each) for each in content["not_verified"]),
            taken_over=tuple(content["taken_over"]),
            identical=content["identical"],
            deviation=float(content["deviation"]),
            environment=content["environment"],
        )
        texts = [record.task, record.commit, record.verdict, record.environment]
        for each in record.not_verified:
            texts += [each.stage, each.reason]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a text is of another kind")
        return record
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no verification record ({error!r}): run `make verify` again") from error


def objections(record: Record | None, *, task: str, commit: str, verdict: str) -> list[str]:
    """Return why the record does not support this verdict of this commit, a sentence each; none
    where it does.

    Objections are that there is no record, that it is of another task, commit or verdict, and each
    difference that it holds.
    """
    if record is None:
        return ["nothing was verified here: `make verify`"]
    expected = {"task": task, "commit": commit, "verdict": verdict}
    stale_fields = [name for name, value in expected.items() if getattr(record, name) != value]
    if stale_fields:
        return [f"the verification is of another {' and '.join(stale_fields)}: `make verify` again"]
    return [f"{each.subject}: {each.expected} is committed, {each.actual} came out" for each in record.differences]
