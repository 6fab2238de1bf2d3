"""the verdict and the challenger → the champion alias in MLflow, or a refusal. CI runs this; `dvc repro` never does."""

import os
from pathlib import Path

from omegaconf import OmegaConf
from rich.console import Console

from hallmark import command, digests, verdicts
from hallmark.promote import promoting, signing
from hallmark.promote.refusing import refusals, table
from hallmark.tracking import connection, registry
from pipelines.gate import judge

REFUSED = 3  # exit status


def main(task: str) -> int:
    path = Path(f"reports/{task}/gate/verdict.json")
    verdict, signature = verdicts.read(path), signing.read(path.with_name("signature.json"))
    composed = OmegaConf.load(command.require(Path(f"params/{task}.yaml"), "the composed configuration"))
    client, name, console = connection.connect(), str(composed.publish.model_name), Console(soft_wrap=True)
    with connection.answering():
        challenger = promoting.challenger(client, task, name)
    registered = registry.package_digest(name, challenger.version)
    signed, held = digests.file(path), {"tags": challenger.tags, "registered": registered}
    reasons = refusals(verdict, judge(task), **held, signature=signature, signed=signed)
    if reasons:
        console.print(table(reasons), f"✗ {name} version {challenger.version} is not promoted", sep="\n")
        return REFUSED
    with connection.answering():
        done = promoting.promote(client, challenger, verdict, signature, environment=os.environ, task=task)
    console.print(f"✓ {done}", markup=False)
    return 0


if __name__ == "__main__":
    command.run("promote", main)
