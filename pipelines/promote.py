"""The verdict and the challenger → the champion alias in MLflow, or a refusal.

CI runs this; `dvc repro` never does.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hallmark import command
from hallmark.config import Parameters
from hallmark.console import PlainConsole
from hallmark.contracts import verdicts
from hallmark.evidence_differences import Difference
from hallmark.layout import Layout
from hallmark.promote import promotion, signatures
from hallmark.promote.refusals import find_refusals, find_unsettled, refusal_table
from hallmark.publish import mlflow_model
from hallmark.publish.evidence import Evidence, read_evidence
from hallmark.tracking import connection, ownership
from hallmark.tracking import model_registry as registry
from pipelines import champion, consistency
from pipelines.gate import judge_again

REFUSED = 3  # exit status


def main(parameters: Parameters, layout: Layout, *, verified: bool = False) -> int:
    """Promote the challenger, or refuse with a table of reasons.

    `verified` demands a verification of this commit, as promote.yml does. Returns 0 or REFUSED.
    """
    console = PlainConsole()
    verdict = verdicts.read(layout.verdict)
    judged_again = judge_again(parameters, layout)
    signature = signatures.read(layout.signature)
    model_name = parameters.publish.model_name

    client = connection.connect()
    with connection.answering():
        ownership.require_owner(client, model_name, layout.task)
        challenger = promotion.challenger(client, layout.task, model_name)
        differences = []
        if judged_again.digests["model"] == verdict.digests.get("model"):  # else refused, and nothing is built of it
            evidence = read_evidence(parameters, layout)
            differences += compare_model(client, challenger, evidence)
            differences += consistency.find_contradictions(client, challenger, evidence)
    verification, objections = consistency.read_verification(layout, demanded=verified)
    differences += objections

    reasons = find_refusals(verdict, judged_again, tags=challenger.tags, differences=differences)
    console.print(verification.sentence if verification else consistency.CHECKED)

    matters: list[signatures.Matter] = []
    if not reasons:  # so that nothing is scored but what was judged
        comparison = champion.compare(
            client,
            parameters,
            layout,
            evidence.package,
            evidence.examples,
            verdict=verdict,
            signature=signature,
        )
        unverified = consistency.unverified_matter(verification, verdict)
        matters = signatures.matters_to_settle(verdict, comparison, unverified)
        reasons = find_unsettled(verdict, comparison, matters, signature)
        console.print(comparison.sentence)
    if reasons:
        console.print(refusal_table(reasons))
        console.print(f"✗ {model_name} version {challenger.version} is not promoted")
        return REFUSED

    with connection.answering():
        sentence = promotion.promote(
            client,
            challenger,
            verdict,
            comparison,
            signature if matters else None,
            environment=os.environ,
            task=layout.task,
        )
    console.print(f"✓ {sentence}")
    return 0


def compare_model(client: Any, challenger: Any, evidence: Evidence) -> list[Difference]:
    """Return how the registered version differs from the model that publishing would make of the
    package here.
    """
    with TemporaryDirectory() as scratch:
        built = mlflow_model.build_evidence_model(evidence, Path(scratch) / "model")
        return registry.compare_version(client, challenger, built)


if __name__ == "__main__":
    demanded = command.take_option(sys.argv, "--verified") is not None
    command.run("promote", lambda parameters, layout: main(parameters, layout, verified=demanded))
