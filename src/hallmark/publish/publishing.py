"""Publishing: one task's evidence into MLflow, as a run to review and a registered challenger."""

from pathlib import Path

from mlflow import MlflowClient

from hallmark import verdicts
from hallmark.publish import recording, registering
from hallmark.publish.card import summary
from hallmark.publish.evidence import Evidence
from hallmark.tracking.runs import Run

PAGES = ("card.md", "drift/drift.html", "validate/data_docs/index.html")  # that a version's description links


def publish(
    client: MlflowClient, run_id: str, evidence: Evidence, *, package: Path, reports: Path, data: str, name: str
) -> str:
    """Record the run, register the package under `name` as the challenger, say in both what the verdict is.

    Returns the version's number. Publishing the same package again renews what its version says, and makes no second
    one. The run ends as FINISHED, or as FAILED where something stops it here.
    """
    try:
        recording.record(client, run_id, evidence, reports, data=data)
        version = registering.register(client, evidence, package, name=name, run_id=run_id)
        experiment = client.get_run(run_id).info.experiment_id
        shown = [path for path in PAGES if path in {*evidence.files, "card.md"}]
        links = [(path, recording.address(experiment, run_id, path)) for path in shown]
        links.insert(0, ("the run with the model card", f"#/experiments/{experiment}/runs/{run_id}"))
        client.update_model_version(name, version, description=summary(evidence, links))
        client.set_registered_model_alias(name, registering.CHALLENGER, version)
    except BaseException:
        Run(client, run_id).end_quietly("FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")
    return version


def record(evidence: Evidence, name: str) -> dict[str, object]:
    """Return what was published, in words that are the same wherever it is published again: no version, run or time.

    Those numbers belong to one MLflow store; they are found there by the model's digest.
    """
    return {"model": name, "alias": registering.CHALLENGER, **verdicts.tags(evidence.verdict)}
