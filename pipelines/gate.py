"""what five stages found + gate.requirements → reports/<task>/gate/{verdict.json, findings.json}, and a table."""

import platform
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console

from hallmark import command, digests, findings, verdicts
from hallmark.gate.deciding import Requirement, conclusions, decide
from hallmark.gate.table import headline, table

STAGES = ("validate", "train", "evaluate", "bias", "drift")


def state(task: str) -> dict[str, str]:
    """Digests of what a verdict speaks of, as it lies here now; `promote` compares them."""
    return {
        "model": digests.folder(Path("models") / task),
        "data": digests.folder(Path("data/prepared") / task),
        "configuration": digests.file(Path("params") / f"{task}.yaml"),
        "code": digests.text(digests.folder(Path("src/hallmark")) + digests.folder(Path("pipelines"))),
        "environment": digests.text(f"{digests.file(Path('requirements.lock'))} Python {platform.python_version()}"),
    }


def main(task: str) -> None:
    parameters = OmegaConf.load(command.require(Path(f"params/{task}.yaml"), "the parameters"))
    asked: Any = OmegaConf.to_container(parameters.gate.requirements)
    paths = [command.require(Path(f"reports/{task}/{s}/findings.json"), f"what {s} found") for s in STAGES]
    found = [finding for path in paths for finding in findings.read(path)]
    verdict = decide(found, {name: Requirement(**each) for name, each in asked.items()}, state(task))
    verdicts.write(verdict, Path(f"reports/{task}/gate/verdict.json"))
    findings.write(conclusions(verdict), Path(f"reports/{task}/gate/findings.json"))
    Console(width=max(Console().width, 150)).print(table(verdict), headline(verdict), sep="\n")


if __name__ == "__main__":
    command.run("gate", main)
