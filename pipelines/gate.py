"""what five stages found + gate.requirements → reports/<task>/gate/{verdict.json, findings.json}, and a table."""

import platform
from pathlib import Path

from omegaconf import OmegaConf

from hallmark import command, digests, findings, verdicts
from hallmark.gate.deciding import conclusions, decide, requirements
from hallmark.gate.table import show
from hallmark.publish import serving


def state(task: str) -> dict[str, str]:
    """Digests of what a verdict speaks of, as it lies here now; `promote` compares them."""
    return {
        "model": digests.folder(Path("models") / task),
        "served": serving.digest(Path("models") / task),
        "data": digests.folder(Path("data/prepared") / task),
        "configuration": digests.file(Path("params") / f"{task}.yaml"),
        "code": digests.text(digests.folder(Path("src/hallmark")) + digests.folder(Path("pipelines"))),
        "environment": digests.text(f"{digests.file(Path('requirements.lock'))} Python {platform.python_version()}"),
        "evidence": digests.files(Path(f"reports/{task}/{stage}/findings.json") for stage in findings.STAGES),
    }


def judge(task: str) -> verdicts.Verdict:
    """Decide anew from what lies here now: `promote` trusts no stored verdict that differs from this one."""
    parameters = OmegaConf.load(command.require(Path(f"params/{task}.yaml"), "the parameters"))
    found = [each for stage in findings.STAGES for each in findings.read(Path(f"reports/{task}/{stage}/findings.json"))]
    return decide(found, requirements(OmegaConf.to_container(parameters.gate.requirements)), state(task))


def main(task: str) -> None:
    verdicts.write(verdict := judge(task), Path(f"reports/{task}/gate/verdict.json"))
    findings.write(conclusions(verdict), Path(f"reports/{task}/gate/findings.json"))
    show(verdict)


if __name__ == "__main__":
    command.run("gate", main)
