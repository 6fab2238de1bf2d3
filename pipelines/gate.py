"""Findings of five stages + gate.requirements → verdict, findings and summary in reports/<task>/gate, and a table."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark import answers, command, digests, environment, files, report_files, source_code, spreadsheets
from hallmark.contracts import examples, findings, predictions, summaries, verdicts
from hallmark.contracts.package import Package
from hallmark.gate.judgements import conclusions, decide
from hallmark.gate.selection import requirements
from hallmark.gate.stage_findings import read_stage_findings
from hallmark.gate.summary import summarise
from hallmark.gate.table import show
from hallmark.publish import serving


def state(task: str) -> dict[str, str]:
    """Digests of what a verdict speaks of, as it lies here now; `promote` compares them."""
    reports = Path("reports") / task
    package = Package.load_judged(Path("models") / task, modules=answers.decoding_files())
    return {
        "model": package.digest,
        "served": serving.digest(Path("models") / task),
        "raw": examples.raw_digest(Path("data/prepared") / task),
        "data": digests.folder(Path("data/prepared") / task),
        "configuration": digests.file(Path("params") / f"{task}.yaml"),
        "code": source_code.digest(Path(), task),
        "environment": environment.digest(),
        "evidence": digests.files([*findings.files(reports), predictions.file(reports)]),
    }


def judge(task: str) -> verdicts.Verdict:
    """Decide anew from what lies here now: `promote` trusts no stored verdict that differs from this one."""
    parameters = OmegaConf.load(files.require(Path(f"params/{task}.yaml"), "the parameters"))
    system = str(parameters.system)
    report_files.evidence_files(Path("reports") / task)  # refuses what no stage has written, which promotion would show
    configured: Any = OmegaConf.to_container(parameters.gate.requirements)
    stage_findings = read_stage_findings(Path("reports") / task, system)
    return decide(stage_findings, requirements(configured), state(task), system=system)


def summary_of(task: str, verdict: verdicts.Verdict) -> summaries.Summary:
    """Return the summary of the findings that lie here now and of a verdict on them."""
    parameters = OmegaConf.load(files.require(Path(f"params/{task}.yaml"), "the parameters"))
    reports = Path("reports") / task
    scorers = spreadsheets.read(files.require(reports / "evaluate" / "scorers.csv", "the table of scorers"))
    stage_findings = read_stage_findings(reports, str(parameters.system))
    return summarise(stage_findings, scorers, verdict, task=task, metric=str(parameters.evaluate.primary_metric))


def main(task: str) -> None:
    folder = Path("reports") / task / "gate"
    verdict = judge(task)
    summary = summary_of(task, verdict)

    verdicts.write(verdict, folder / "verdict.json")
    findings.write(conclusions(verdict), folder / "findings.json")
    summaries.write(summary, folder / "summary.json")
    show(verdict, summary)


if __name__ == "__main__":
    command.run("gate", main)
