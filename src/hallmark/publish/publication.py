"""Publishing: one task's evidence into MLflow, as a run to review and a registered challenger."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient

from hallmark.contracts import verdicts
from hallmark.publish import places, registered_version, run_view
from hallmark.publish.evidence import Evidence
from hallmark.publish.mlflow_model import build_evidence_model
from hallmark.publish.version_description import describe_version
from hallmark.tracking import ownership
from hallmark.tracking.runs import Run


def publish(
    client: MlflowClient,
    run_id: str,
    evidence: Evidence,
    *,
    as_challenger: bool = True,
) -> str:
    """Show the evidence in a run, register the package under its name, say in both what the verdict is.

    Returns the version's number. `run_id` is the run that training left. It is used, unless a version that bears an
    alias, or has been promoted, would then show another verdict: a run and a version of their own show it (see
    `places`). Publishing the same verdict again repeats no run and no version.

    `as_challenger` moves the alias to the version; without it, what bears that alias stays as it is, too. The run ends
    as FINISHED, or as FAILED where something stops it here.
    """
    task = evidence.layout.task
    name = evidence.parameters.publish.model_name
    registered_version.require_same_answers(evidence)
    ownership.claim(client, name, task)

    with TemporaryDirectory() as scratch:
        built = build_evidence_model(evidence, Path(scratch) / "model")
        place = places.find_place(
            client, evidence, built, name=name, training_run=run_id, may_renew_challenger=as_challenger
        )

        run = Run(client, place.run_id)
        client.update_run(run.id, status="RUNNING")
        try:
            run_view.record(client, run.id, evidence)
            ownership.create(client, name, task)
            version = registered_version.register_version(client, evidence, built, place, name=name)
            experiment = client.get_run(run.id).info.experiment_id
            client.update_model_version(name, version, description=description(evidence, experiment, run.id))
            if as_challenger:
                client.set_registered_model_alias(name, places.CHALLENGER, version)
        except BaseException:
            run.end_quietly("FAILED")
            raise
        run.end()
    return version


def description(evidence: Evidence, experiment: str, run_id: str) -> str:
    """Return what a registered version says of itself: the verdict, and links to the run's pages."""
    layout = evidence.layout
    html_pages = [layout.name_in_reports(page) for page in (layout.drift_page, layout.data_docs_page)]
    names = [run_view.CARD, *(page for page in html_pages if page in evidence.files)]

    links = [("the run with the model card", f"#/experiments/{experiment}/runs/{run_id}")]
    links += [(name, run_view.address(experiment, run_id, name)) for name in names]
    return describe_version(evidence, links)


def is_experiment(environment: Mapping[str, str]) -> bool:
    """Say whether DVC runs an experiment: in the workspace, in a temporary folder or from the queue it sets these."""
    return any(environment.get(name) for name in ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"))


def record(evidence: Evidence) -> dict[str, object]:
    """Return what was published, in words that are the same wherever it is published again: no version, run or time.

    Those numbers belong to one MLflow store; they are found there by the model's digest.
    """
    return {"model": evidence.parameters.publish.model_name, **verdicts.tags(evidence.verdict)}
