"""Verification: export a commit, fetch its data and package, run every stage but training again,
and compare.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from hallmark import answers, digests, report_files, spreadsheets
from hallmark.contracts import episodes, examples, findings, predictions, split_metrics, summaries, verdicts
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package
from hallmark.errors import InputError
from hallmark.files import require
from hallmark.layout import Layout, MetricSplit
from hallmark.verify import lock, repository, stage_runs, storage
from hallmark.verify.evidence_comparison import CELLS, EvidenceComparison
from hallmark.verify.record import Record, UnverifiedStage
from hallmark.verify.workspace import Workspace

Stage = Literal["configure", "prepare", "validate", "evaluate", "bias", "drift", "gate"]
STAGES_RUN_AGAIN: tuple[Stage, ...] = get_args(Stage)
TAKEN_OVER = (  # sentences of the record on what is not compared
    "train's curves and costs stand as committed; its one finding, the parity, must be what the package says",
    "figures, HTML and measured milliseconds are not compared",
)
Tell = Callable[[str], None]


def verify(task: str, here: Path, scratch: Path, *, limit: int | None = None, tell: Tell = print) -> Record:
    """Run every stage of HEAD but training again in `scratch`, and compare what it writes with what
    is committed.

    `here` is the checkout, `scratch` an empty folder. `limit` bounds the raw and prepared data to
    be fetched, in bytes; without it half of the free disk space does. Where the raw data exceeds
    it, the record names `prepare` as not verified. The first stage that differs is the last that
    runs, since the others read what it writes. `tell` is called with a sentence at each step.

    Raises `InputError` where the commit has no verdict, and where neither cache nor remote has what
    its lock names.
    """
    commit = repository.head(here)
    workspace = Workspace(task, scratch, repository.prefix(here))

    tell(f"commit {commit[:12]}: exporting")
    repository.export(here, commit, workspace.clone)
    _require_no_links(workspace)
    report_files.evidence_files(workspace.made, kept_by="git")  # before any of them is read, copied or written to
    verdict = verdicts.read(workspace.made.verdict)
    digest = digests.file(workspace.made.verdict)

    with storage.shared(here, workspace.export):  # no code of the commit runs in here
        not_verified, why_no_raw = _fetch(workspace, limit or _free_bytes(scratch), tell)
    stage_runs.require_own_code(
        workspace.export, workspace.cache
    )  # runs the commit's code, so no password may lie there
    if why_no_raw:
        _make_raw(workspace, why_no_raw, tell)
    _copy_committed(workspace)

    comparison = EvidenceComparison()
    _compare_committed(workspace, verdict, comparison)
    if not comparison.differences:
        _run_again(workspace, verdict, not_verified, comparison, tell)

    is_same = not comparison.differences
    return Record(
        task=task,
        commit=commit,
        verdict=digest,
        differences=comparison.shortened(),
        not_verified=tuple(not_verified),
        taken_over=TAKEN_OVER,
        identical=is_same and digests.files(workspace.made.evidence) == verdict.digests.get("evidence"),
        deviation=comparison.deviation,
        environment=verdicts.read(workspace.made.verdict).digests["environment"] if is_same else "",
    )


def _copy_committed(workspace: Workspace) -> None:
    """Copy the committed parameters and reports aside: the stages write over those of the export."""
    shutil.copytree(workspace.made.reports, workspace.committed.reports)
    workspace.committed.parameters.parent.mkdir()
    shutil.copyfile(workspace.made.parameters, workspace.committed.parameters)


def _require_no_links(workspace: Workspace) -> None:
    """Refuse a commit whose parameters or lock are links: what they lead to would be read, and
    differences shown.
    """
    parameters = workspace.made.parameters
    for path in (parameters.parent, parameters, workspace.export / "dvc.yaml", workspace.export / lock.NAME):
        if path.is_symlink():
            raise InputError(f"the commit holds {path.relative_to(workspace.export)} as a link: replace it by the file")


def _fetch(workspace: Workspace, room: int, tell: Tell) -> tuple[list[UnverifiedStage], str]:
    """Bring the raw data, the package, the predictions and the episodes into the export, by
    dvc.lock.

    `room` bounds the raw and prepared data, in bytes. Where both together are larger, the prepared
    data is brought in place of the raw data, and `prepare` will not be run again. Returns the
    stages that will not be run again, and why the raw data is in no cache or remote though the
    stage `raw` can make it ("" otherwise).
    """
    layout = Layout(workspace.task)
    raw = layout.raw.as_posix()
    prepared = layout.prepared.as_posix()
    raw_size = lock.size(workspace.export, raw, workspace.task) or 0
    prepared_size = lock.size(workspace.export, prepared, workspace.task) or 0

    not_verified: list[UnverifiedStage] = []
    why_no_raw = ""
    if raw_size + prepared_size <= room:
        tell(f"fetching {raw}, {raw_size:,} bytes")
        why_no_raw = storage.fetch(workspace.export, raw)
        if why_no_raw and "raw" not in lock.read(workspace.export, workspace.task):
            raise _unreachable(raw, why_no_raw)
    else:
        needed = f"{raw_size + prepared_size:,} bytes for {raw} and what is made of it, {room:,} are there for it"
        not_verified.append(UnverifiedStage("prepare", f"{needed}; {prepared} is as locked"))
        _require(workspace, prepared, prepared_size, room)

    for path in (layout.package, layout.predictions, layout.episodes):
        _require(workspace, path.as_posix(), 0, room)
    return not_verified, why_no_raw


def _make_raw(workspace: Workspace, reason: str, tell: Tell) -> None:
    """Run the stage `raw`, since no cache or remote has the raw data (`reason`), and compare its
    MD5 with the lock's.

    Raises `InputError` where the stage fails, or the MD5 is another.
    """
    path = Layout(workspace.task).raw.as_posix()
    entry = lock.read(workspace.export, workspace.task)["raw"]

    tell(f"{path} is in no cache or remote ({reason}): raw makes it anew")
    failure = stage_runs.run_stage("raw", workspace.task, export=workspace.export, cache=workspace.cache)
    if failure:
        raise InputError(f"raw@{workspace.task} of the commit failed: {failure}")

    locked_md5 = entry["outs"][0]["md5"]
    actual_md5 = lock.checksum(workspace.export / path, lock.ignored_by_dvc(workspace.export))
    if actual_md5 != locked_md5:
        cure = "`dvc push` it where it was made"
        raise InputError(f"{path}, made anew here, is {actual_md5}, and dvc.lock names {locked_md5}: {cure}")


def _require(workspace: Workspace, path: str, size: int, room: int) -> None:
    """Bring a path of `size` bytes into the export.

    Raises `InputError` where that is more than `room` bytes, or where it can't be had.
    """
    if size > room:
        raise InputError(f"{path} has {size:,} bytes, and {room:,} are there for it: nothing could be verified")
    reason = storage.fetch(workspace.export, path)
    if reason:
        raise _unreachable(path, reason)


def _unreachable(path: str, reason: str) -> InputError:
    cure = "`dvc push` it where it was made"
    return InputError(f"{path}, as dvc.lock of the commit names it, is in no cache or remote ({reason}): {cure}")


def _run_again(
    workspace: Workspace,
    verdict: verdicts.Verdict,
    not_verified: Sequence[UnverifiedStage],
    comparison: EvidenceComparison,
    tell: Tell,
) -> None:
    """Run every stage of `STAGES_RUN_AGAIN` but those `not_verified`, and compare what each wrote,
    until one differs.

    What they write is removed first, so that no stage finds what was committed.
    """
    skipped_stages = {each.stage for each in not_verified}
    stages = [stage for stage in STAGES_RUN_AGAIN if stage not in skipped_stages]
    workspace.made.parameters.unlink()
    for stage in stages:
        shutil.rmtree(workspace.made.reports / stage, ignore_errors=True)

    for stage in stages:
        tell(f"running {stage}@{workspace.task} again")
        failure = stage_runs.run_stage(stage, workspace.task, export=workspace.export, cache=workspace.cache)
        if failure:
            comparison.differ(f"{stage}, run again", "done", failure)
        else:
            _compare_stage(workspace, stage, verdict, comparison)
        if comparison.differences:
            return


def _compare_committed(workspace: Workspace, verdict: verdicts.Verdict, comparison: EvidenceComparison) -> None:
    """Compare the digests of the committed evidence and package with those in the verdict.

    Training's findings are compared with what the package says.
    """
    evidence = digests.files(workspace.committed.evidence)
    comparison.same("digest evidence of what is committed", verdict.digests.get("evidence"), evidence)

    # The package's copy of the decoding code must be the commit's, by which the evidence was
    # scored.
    folder = workspace.export / "src/hallmark/answers"
    modules = answers.decoding_files(folder)
    package = Package.load_with_current_decoding(workspace.made.package, modules=modules)
    comparison.same("digest model of what is committed", verdict.digests.get("model"), package.digest)

    training_findings = findings.read(workspace.committed.findings("train"))
    _compare_training(training_findings, package.manifest["parity"], comparison)


def _compare_training(committed: Sequence[Finding], parity: Mapping[str, Any], comparison: EvidenceComparison) -> None:
    """Require training's one finding, the parity, to be the one that follows from `parity` in
    package.json.
    """
    checks = [finding.check for finding in committed]
    comparison.same("train's findings", checks, ["train.parity"])

    difference = parity["max_abs_difference"]
    tolerance = parity["tolerance"]
    expected = Finding(
        check="train.parity",
        estimate=difference,
        requirement=f"≤ {tolerance:.1e}",
        n=parity["rows"],
        verdict="pass" if difference <= tolerance else "fail",
    )
    for finding in committed:
        comparison.same("train.parity, in the package", replace(finding, reason=""), expected)


def _compare_stage(
    workspace: Workspace, stage: Stage, verdict: verdicts.Verdict, comparison: EvidenceComparison
) -> None:
    """Compare what one stage wrote with what is committed, or with what the verdict says of it."""
    committed = workspace.committed
    made = workspace.made

    if stage == "configure":
        texts = [layout.parameters.read_text(encoding="utf-8") for layout in (committed, made)]
        comparison.same(Layout(workspace.task).parameters.as_posix(), *texts)
        # DVC reads this file, too: a stage in it would run with the others.
        files = [require(layout.plot_definitions, "the list of plots") for layout in (committed, made)]
        texts = [file.read_text(encoding="utf-8") for file in files]
        comparison.same(Layout(workspace.task).plot_definitions.as_posix(), *texts)
        return
    if stage == "prepare":
        comparison.same("digest raw", verdict.digests.get("raw"), examples.raw_digest(made.prepared))
        comparison.same("digest data", verdict.digests.get("data"), digests.folder(made.prepared))
        return

    if stage == "evaluate":
        _compare_numbers(committed, made, comparison)
    comparison.findings(stage, findings.read(committed.findings(stage)), findings.read(made.findings(stage)))
    if stage == "validate":
        comparison.csv("validate/failures.csv", committed.failures, made.failures)
    if stage == "evaluate":
        comparison.csv("evaluate/scorers.csv", committed.scorers, made.scorers)
    if stage == "bias":
        comparison.csv("bias/groups.csv", committed.groups, made.groups)
    if stage == "gate":
        comparison.verdicts(verdict, verdicts.read(made.verdict))
        comparison.summaries(summaries.read(committed.summary), summaries.read(made.summary))


def _compare_numbers(committed: Layout, made: Layout, comparison: EvidenceComparison) -> None:
    """Compare evaluation's predictions and episodes, and require the committed metrics to follow from the scorers.

    scorers.csv is compared itself; of its numbers, rounded, two that nearly agree may differ.
    """
    predictions_of = [predictions.read(layout.predictions) for layout in (committed, made)]
    comparison.table("predictions", *predictions_of, share=CELLS)
    episodes_of = [episodes.read(layout.episodes) for layout in (committed, made)]
    comparison.table("episodes", *episodes_of, share=CELLS)

    scorer_table = spreadsheets.read(require(committed.scorers, "the table of scorers"), float_precision="round_trip")
    for split in get_args(MetricSplit):
        path = committed.metrics(split)
        written = split_metrics.read(path, task=committed.task, split=split)
        comparison.same(f"{path.name}, by scorers.csv", split_metrics.of(scorer_table, split), written)


def _free_bytes(scratch: Path) -> int:
    """Return how many bytes raw and prepared data may take.

    That is half of the free disk space, so that the rest has room.
    """
    return shutil.disk_usage(scratch).free // 2
