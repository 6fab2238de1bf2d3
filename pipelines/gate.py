"""Findings of five stages + gate.requirements → verdict, findings and summary in
reports/<task>/gate, and a table.
"""

from collections.abc import Sequence

from hallmark import answers, command, config, digests, environment, extensions, report_files, source_code, spreadsheets
from hallmark.config import Parameters
from hallmark.contracts import examples, findings, summaries, verdicts
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package
from hallmark.contracts.verdicts import Verdict
from hallmark.files import require
from hallmark.gate import conclusions, decide, read_stage_findings, show, summarise, summarise_sealed
from hallmark.layout import Layout
from hallmark.publish import serving_spec


def main(parameters: Parameters, layout: Layout) -> None:
    stage_findings = read_judged(parameters, layout)
    verdict = judge(parameters, layout, stage_findings)

    metric = parameters.evaluate.primary_metric
    if verdict.status == "not judged":
        summary = summarise_sealed(task=layout.task, metric=metric)
    else:
        scorers = spreadsheets.read(require(layout.scorers, "the table of scorers"))
        summary = summarise(stage_findings, scorers, verdict, task=layout.task, metric=metric)

    verdicts.write(verdict, layout.verdict)
    findings.write(conclusions(verdict), layout.findings("gate"))
    summaries.write(summary, layout.summary)
    show(verdict, summary)


def judge_again(parameters: Parameters, layout: Layout) -> Verdict:
    """Return the verdict on the files here now.

    Promotion trusts no stored verdict that differs from it.
    """
    return judge(parameters, layout, read_judged(parameters, layout))


def read_judged(parameters: Parameters, layout: Layout) -> list[Finding]:
    """Read the findings that the gate judges.

    Raises `InputError` where a report was written by no stage, since promotion would show it.
    """
    report_files.evidence_files(layout)  # promotion would show it
    return read_stage_findings(layout, parameters.system)


def judge(parameters: Parameters, layout: Layout, stage_findings: Sequence[Finding]) -> Verdict:
    """Return the verdict on findings; none where the test split stays sealed."""
    if not parameters.evaluate.test:
        return verdicts.not_judged(current_digests(layout))
    asked = parameters.gate.requirements
    return decide(stage_findings, asked, current_digests(layout), system=parameters.system)


def current_digests(layout: Layout) -> dict[str, str]:
    """Return the SHA-256 of each thing that a verdict is about, as it is here now.

    Promotion compares them.
    """
    package = Package.load_with_current_decoding(layout.package, modules=answers.decoding_files())
    return {
        "model": package.digest,
        "served": serving_spec.digest(package.manifest),
        "raw": examples.raw_digest(layout.prepared),
        "data": digests.folder(layout.prepared),
        "configuration": digests.file(layout.parameters),
        "code": _code_digest(layout),
        "environment": environment.digest(),
        "evidence": digests.files(layout.evidence),
    }


def _code_digest(layout: Layout) -> str:
    """Return the digest of the code of the task's stages, and of the task's own files that they use.

    Raises `InputError` where one of these has changed since `configure` ran: the evidence is of the
    file as it was.
    """
    digest = source_code.digest(layout.root, layout.task)
    parameters = config.read(layout.parameters)
    own_names: list[str] = []
    for stage, digest_of_stage in parameters.extensions.model_dump().items():
        names_of_stage = parameters.own_names(stage)
        extensions.require_unchanged(names_of_stage, digest_of_stage, layout.task, layout.root)
        own_names += names_of_stage
    if not own_names:
        return digest
    return digests.combine({"src": digest, "extensions": extensions.digest_of(own_names, layout.task, layout.root)})


if __name__ == "__main__":
    command.run("gate", main)
