"""the verdict and the challenger → the champion alias in MLflow, or a refusal. CI runs this; `dvc repro` never does."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from omegaconf import OmegaConf

from hallmark import command, files
from hallmark.console import PlainConsole
from hallmark.contracts import examples, verdicts
from hallmark.contracts.package import Package
from hallmark.promote import promoting, signing
from hallmark.promote.refusing import refusals, table, unsettled
from hallmark.publish import building
from hallmark.tracking import connection, ownership, registry
from hallmark.tracking.disclosure import shows_examples
from pipelines import champion, consistency
from pipelines.gate import judge

REFUSED = 3  # exit status


def main(task: str, *, verified: bool = False) -> int:
    """Promote, or refuse; `verified` demands a verification of this commit, as promote.yml does."""
    console = PlainConsole()
    verdict_path = Path(f"reports/{task}/gate/verdict.json")
    verdict = verdicts.read(verdict_path)
    judged_again = judge(task)
    signature = signing.read(verdict_path.with_name("signature.json"))
    parameters = read_parameters(task)
    model_name = parameters["publish"]["model_name"]

    client = connection.connect()
    with connection.answering():
        ownership.require_owner(client, model_name, task)
        challenger = promoting.challenger(client, task, model_name)
        differences = []
        if judged_again.digests["model"] == verdict.digests.get("model"):  # else refused, and nothing is built of it
            differences = compare(client, challenger, parameters)
            differences += consistency.compare(task, client, challenger, parameters)
    verification, objections = consistency.verification(task, demanded=verified)
    differences += objections

    reasons = refusals(
        verdict,
        judged_again,
        tags=challenger.tags,
        differences=differences,
    )
    console.print(verification.sentence if verification else consistency.CHECKED)

    matters: list[signing.Matter] = []
    if not reasons:  # so that nothing is scored but what was judged
        comparison = champion.compare(task, client, parameters, verdict=verdict, signature=signature)
        matters = signing.outstanding(verdict, comparison, consistency.matter(verification, verdict))
        reasons = unsettled(verdict, comparison, matters, signature)
        console.print(comparison.sentence)
    if reasons:
        console.print(table(reasons))
        console.print(f"✗ {model_name} version {challenger.version} is not promoted")
        return REFUSED

    with connection.answering():
        sentence = promoting.promote(
            client,
            challenger,
            verdict,
            comparison,
            signature if matters else None,
            environment=os.environ,
            task=task,
        )
    console.print(f"✓ {sentence}")
    return 0


def compare(client: Any, challenger: Any, parameters: dict[str, Any]) -> list[registry.Difference]:
    """Return how the registered version differs from the model that publishing makes of the package that lies here."""
    task = parameters["task"]
    package = Path("models") / task

    example = None
    if shows_examples(parameters):
        prepared = examples.read(Path("data/prepared") / task)
        example = building.input_example(prepared, Package.load(package))

    with TemporaryDirectory() as scratch:
        built = building.build_model(package, Path(scratch) / "model", example=example)
        return registry.differences(client, challenger, built)


def read_parameters(task: str) -> dict[str, Any]:
    """Return the task's composed parameters. Raises `InputError` where `configure` has not written them."""
    path = files.require(Path(f"params/{task}.yaml"), "the composed configuration")
    parameters: Any = OmegaConf.to_container(OmegaConf.load(path))
    return dict(parameters)


if __name__ == "__main__":
    demanded = command.take_option(sys.argv, "--verified") is not None
    command.run("promote", lambda task: main(task, verified=demanded))
