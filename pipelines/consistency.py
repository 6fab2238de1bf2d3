"""What promotion checks without computing anything again: lock, outputs, published pages; and what was verified."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hallmark import digests
from hallmark.contracts import examples
from hallmark.contracts.verdicts import Verdict
from hallmark.promote.signing import Matter
from hallmark.publish import published
from hallmark.publish.evidence import gather
from hallmark.tracking.registry import Difference
from hallmark.verify import lock, record, repository
from hallmark.verify.record import Record

CHECKED = "checked for consistency: dvc.lock, outputs, published card and figures; nothing was computed again"


def compare(task: str, client: Any, version: Any, parameters: Mapping[str, Any]) -> list[Difference]:
    """Return every way in which dvc.lock, the files here and what the store shows of them contradict each other."""
    prepared, raw, reports = Path("data/prepared") / task, Path("data/raw") / task, Path("reports") / task
    found = [Difference(each.subject, each.committed, each.seen) for each in lock.differences(Path(), task)]
    if raw.is_dir():
        named, seen = examples.raw_digest(prepared), digests.folder(raw)
        found += [] if named == seen else [Difference("raw data as it lies here", named, seen)]
    evidence = gather(parameters, examples.read(prepared), Path("models") / task, reports)
    return [*found, *published.differences(client, version, evidence, reports)]


def verification(task: str, *, demanded: bool) -> tuple[Record | None, list[Difference]]:
    """Return the record of `make verify` that speaks for the verdict here, if any, and what stands against promotion.

    A record of another commit or verdict counts nothing. One that found differences stands against it, and so does the
    lack of one where it is `demanded`.
    """
    verified = record.read(Path(f".state/verification/{task}.json"))
    if verified is None and not demanded:
        return None, []
    verdict = digests.file(Path(f"reports/{task}/gate/verdict.json"))
    commit = repository.head(Path())
    is_current = verified is not None and (verified.commit, verified.verdict) == (commit, verdict)
    if not is_current and not demanded:
        return None, []
    objections = record.objections(verified, task=task, commit=commit, verdict=verdict)
    return verified, [Difference("verification", "the commit made anew: `make verify`", each) for each in objections]


def matter(verified: Record | None, verdict: Verdict) -> Matter | None:
    """Return what a verification could not make anew, for a person to settle; None where all was, or none was made.

    It is about the stages and the data that was taken on trust: a signature for it says nothing of other data. How much
    data a machine has room for differs from one to the next, and is left out.
    """
    if verified is None or not verified.not_verified:
        return None
    stages = ", ".join(line.partition(":")[0] for line in verified.not_verified)
    data = f"raw {verdict.digests.get('raw')}, prepared {verdict.digests.get('data')}"
    return Matter("verification", f"{stages} of {data}", f"not verified: {'; '.join(verified.not_verified)}")
