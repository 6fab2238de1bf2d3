"""What promotion checks without running a stage: dvc.lock, outputs, what MLflow shows, and the
verification record.
"""

from typing import Any

from hallmark import digests
from hallmark.contracts import examples
from hallmark.contracts.verdicts import Verdict
from hallmark.evidence_differences import Difference
from hallmark.layout import Layout
from hallmark.promote import signatures
from hallmark.promote.signatures import Matter
from hallmark.publish import store_comparison
from hallmark.publish.evidence import Evidence
from hallmark.verify import lock, record, repository
from hallmark.verify.record import Record

CHECKED = "checked for consistency: dvc.lock, outputs, published card and figures; nothing was computed again"


def find_contradictions(client: Any, version: Any, evidence: Evidence) -> list[Difference]:
    """Return every way in which dvc.lock, the files here and the run and version in MLflow
    contradict each other.

    `version` is the registered version that is to be promoted. Raw data that is not here is not
    compared.
    """
    layout = evidence.layout
    contradictions = lock.compare_files(layout.root, layout.task)

    if layout.raw.is_dir():
        recorded_digest = examples.raw_digest(layout.prepared)  # of the raw data that was prepared
        digest_here = digests.folder(layout.raw)
        if recorded_digest != digest_here:
            contradictions.append(Difference("raw data as it lies here", recorded_digest, digest_here))

    return contradictions + store_comparison.compare_store(client, version, evidence)


def read_verification(layout: Layout, *, demanded: bool) -> tuple[Record | None, list[Difference]]:
    """Return the record of `make verify`, and the objections to promotion that follow from it.

    Where `demanded` is false, a missing record, or one of another commit or verdict, is ignored:
    (None, []). Where it is true, either is an objection. Differences that a record of this verdict
    holds always are.
    """
    verification = record.read(layout.verification)
    if verification is None and not demanded:
        return None, []

    verdict_digest = digests.file(layout.verdict)
    commit = repository.head(layout.root)
    is_of_this_verdict = (
        verification is not None and verification.commit == commit and verification.verdict == verdict_digest
    )
    if not is_of_this_verdict and not demanded:
        return None, []

    objections = record.objections(verification, task=layout.task, commit=commit, verdict=verdict_digest)
    expected = "the commit made anew: `make verify`"
    return verification, [Difference("verification", expected, objection) for objection in objections]


def unverified_matter(verification: Record | None, verdict: Verdict) -> Matter | None:
    """Return the matter of the stages that a verification did not run again, for a person to
    settle.

    None where there was no verification, or it ran every stage. Raises `InputError` where the
    verdict names no raw or no prepared data.

    A signature is bound to `about`: the stages, and the SHA-256 of raw and prepared data, so that
    it settles nothing for other data. The reasons hold the free space of one machine in bytes. They
    stand in `why` alone, so that a signature stays valid for a verification on another machine.
    """
    if verification is None or not verification.not_verified:
        return None

    stages = ", ".join(each.stage for each in verification.not_verified)
    reasons = "; ".join(each.sentence for each in verification.not_verified)
    raw_digest = signatures.require_digest(verdict, "raw")
    prepared_digest = signatures.require_digest(verdict, "data")  # the verdict's name for data/prepared
    return Matter(
        kind="verification",
        about=f"{stages} of raw {raw_digest}, prepared {prepared_digest}",
        why=f"not verified: {reasons}",
    )
