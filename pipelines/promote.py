"""the verdict and the challenger → the champion alias in MLflow, or a refusal. CI runs this; `dvc repro` never does."""

import os
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console

from hallmark import command, digests, verdicts
from hallmark.promote import promoting, signing
from hallmark.promote.refusing import refusals, table
from hallmark.tracking import connection, registry
from pipelines.gate import judge

REFUSED = 3  # exit status


def main(task: str) -> int:
    console = Console(soft_wrap=True)
    verdict_path = Path(f"reports/{task}/gate/verdict.json")
    verdict = verdicts.read(verdict_path)
    judged_again = judge(task)
    signature = signing.read(verdict_path.with_name("signature.json"))
    parameters = read_parameters(task)
    model_name = parameters["publish"]["model_name"]

    client = connection.connect()
    with connection.answering():
        challenger = promoting.challenger(client, task, model_name)
        registered = registry.package_digest(client, model_name, challenger.version)

    reasons = refusals(
        verdict,
        judged_again,
        tags=challenger.tags,
        registered=registered,
        signature=signature,
        signed=digests.file(verdict_path),
    )
    if reasons:
        console.print(table(reasons))
        console.print(f"✗ {model_name} version {challenger.version} is not promoted", markup=False)
        return REFUSED

    with connection.answering():
        sentence = promoting.promote(client, challenger, verdict, signature, environment=os.environ, task=task)
    console.print(f"✓ {sentence}", markup=False)
    return 0


def read_parameters(task: str) -> dict[str, Any]:
    """Return the task's composed parameters. Raises `InputError` where `configure` has not written them."""
    path = command.require(Path(f"params/{task}.yaml"), "the composed configuration")
    parameters: Any = OmegaConf.to_container(OmegaConf.load(path))
    return dict(parameters)


if __name__ == "__main__":
    command.run("promote", main)
