"""Publishing: one task's evidence into MLflow, as a run to review and a registered challenger."""

from collections.abc import Mapping
from pathlib import Path

from mlflow import MlflowClient

from hallmark import verdicts
from hallmark.publish import recording, registering
from hallmark.publish.card import summary
from hallmark.publish.evidence import Evidence
from hallmark.tracking.runs import Run

PAGES = ("card.md", "drift/drift.html", "validate/data_docs/index.html")  # that a version's description links


def publish(
    client: MlflowClient,
    run_id: str,
    evidence: Evidence,
    *,
    package: Path,
    reports: Path,
    data: str,
    name: str,
    as_challenger: bool = True,
) -> str:
    """Record the run, register the package under `name`, say in both what the verdict is; return the version's number.

    `as_challenger` moves the alias to the version. Without it what bears an alias stays as it is: publishing the same
    package again renews what its version says, and makes no second one, unless another verdict would then stand at a
    challenger or champion. The run ends as FINISHED, or as FAILED where something stops it here.
    """
    try:
        recording.record(client, run_id, evidence, reports, data=data)
        version = registering.register(
            client, evidence, package, name=name, run_id=run_id, keep_aliased=not as_challenger
        )
        experiment = client.get_run(run_id).info.experiment_id
        client.update_model_version(name, version, description=description(evidence, experiment, run_id))
        if as_challenger:
            client.set_registered_model_alias(name, registering.CHALLENGER, version)
    except BaseException:
        Run(client, run_id).end_quietly("FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")
    return version


def description(evidence: Evidence, experiment: str, run_id: str) -> str:
    """Return what a registered version says of itself: the verdict, and links to the run's pages."""
    shown = [path for path in PAGES if path in {*evidence.files, "card.md"}]
    links = [(path, recording.address(experiment, run_id, path)) for path in shown]
    links.insert(0, ("the run with the model card", f"#/experiments/{experiment}/runs/{run_id}"))
    return summary(evidence, links)


def is_experiment(environment: Mapping[str, str]) -> bool:
    """Say whether DVC runs an experiment: in the workspace, in a temporary folder or from the queue it sets these."""
    return any(environment.get(name) for name in ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"))


def record(evidence: Evidence, name: str) -> dict[str, object]:
    """Return what was published, in words that are the same wherever it is published again: no version, run or time.

    Those numbers belong to one MLflow store; they are found there by the model's digest.
    """
    return {"model": name, **verdicts.tags(evidence.verdict)}
