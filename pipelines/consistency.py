"""What promotion checks without computing anything again: lock, outputs, published pages; and what was verified."""

from typing import Any

from hallmark import digests
from hallmark.contracts import examples
from hallmark.contracts.verdicts import Verdict
from hallmark.differences import Difference
from hallmark.layout import Layout
from hallmark.promote.signatures import Matter
from hallmark.publish import store_comparison
from hallmark.publish.evidence import Evidence
from hallmark.verify import lock, record, repository
from hallmark.verify.record import Record

CHECKED = "checked for consistency: dvc.lock, outputs, published card and figures; nothing was computed again"


def find_contradictions(client: Any, version: Any, evidence: Evidence) -> list[Difference]:
    """Return every way in which dvc.lock, the files here and what the store shows of them contradict each other."""
    layout = evidence.layout
    contradictions = lock.compare_files(layout.root, layout.task)

    if layout.raw.is_dir():
        prepared_from = examples.raw_digest(layout.prepared)
        raw_here = digests.folder(layout.raw)
        if prepared_from != raw_here:
            contradictions.append(Difference("raw data as it lies here", prepared_from, raw_here))

    return contradictions + store_comparison.compare_store(client, version, evidence)


def read_verification(layout: Layout, *, demanded: bool) -> tuple[Record | None, list[Difference]]:
    """Return the record of `make verify` that speaks for the verdict here, if any, and what stands against promotion.

    A record of another commit or verdict counts nothing. One that found differences stands against it, and so does the
    lack of one where it is `demanded`.
    """
    verification = record.read(layout.verification)
    if verification is None and not demanded:
        return None, []

    verdict = digests.file(layout.verdict)
    commit = repository.head(layout.root)
    is_current = verification is not None and (verification.commit, verification.verdict) == (commit, verdict)
    if not is_current and not demanded:
        return None, []

    objections = record.objections(verification, task=layout.task, commit=commit, verdict=verdict)
    cure = "the commit made anew: `make verify`"
    return verification, [Difference("verification", cure, objection) for objection in objections]


def unverified_matter(verification: Record | None, verdict: Verdict) -> Matter | None:
    """Return what a verification could not make anew, for a person to settle; None where all was, or none was made.

    It is about the stages and the data that was taken on trust: a signature for it says nothing of other data. How much
    data a machine has room for differs from one to the next, and is left out.
    """
    if verification is None or not verification.not_verified:
        return None
    stages = ", ".join(line.partition(":")[0] for line in verification.not_verified)
    data = f"raw {verdict.digests.get('raw')}, prepared {verdict.digests.get('data')}"
    reasons = "; ".join(verification.not_verified)
    return Matter("verification", f"{stages} of {data}", f"not verified: {reasons}")
