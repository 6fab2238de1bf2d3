"""what five stages found + gate.requirements → reports/<task>/gate/{verdict.json, findings.json}, and a table."""

from pathlib import Path

from omegaconf import OmegaConf

from hallmark import answers, command, digests, environment, report_files, source_code
from hallmark.contracts import examples, findings, predictions, verdicts
from hallmark.contracts.package import Package
from hallmark.gate.collecting import collect
from hallmark.gate.deciding import conclusions, decide, requirements
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
    parameters = OmegaConf.load(command.require(Path(f"params/{task}.yaml"), "the parameters"))
    system = str(parameters.system)
    report_files.evidence_files(Path("reports") / task)  # refuses what no stage has written, which promotion would show
    collected = collect(Path("reports") / task, system)
    asked = requirements(OmegaConf.to_container(parameters.gate.requirements))
    return decide(collected, asked, state(task), system=system)


def main(task: str) -> None:
    verdicts.write(verdict := judge(task), Path(f"reports/{task}/gate/verdict.json"))
    findings.write(conclusions(verdict), Path(f"reports/{task}/gate/findings.json"))
    show(verdict)


if __name__ == "__main__":
    command.run("gate", main)
