"""Publishing a task's evidence in MLflow: a run to look at, and a registered version."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient

from hallmark.contracts import verdicts
from hallmark.publish import places, registered_version, run_view
from hallmark.publish.evidence import Evidence
from hallmark.publish.mlflow_model import build_evidence_model
from hallmark.publish.version_description import describe_version
from hallmark.tracking import ownership, runs


def publish(
    client: MlflowClient,
    run_id: str,
    evidence: Evidence,
    *,
    as_challenger: bool = True,
) -> str:
    """Show the evidence in a run, register the package as a version, and return the version's
    number.

    `run_id` is the run that training left. Another run is used where a version that bears an alias,
    or has been promoted, would otherwise show another verdict (see `places`). Publishing the same
    verdict again adds neither a run nor a version.

    `as_challenger` moves the alias to the version. Without it, the version that bears the alias
    keeps its verdict, too. The run gets the status FINISHED, or FAILED where an error stops
    publishing, and its duration stays that of the training.
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

        with _recording(client, place.run_id, evidence, training_run=run_id):
            ownership.create(client, name, task)
            version = registered_version.register_version(client, evidence, built, place, name=name)
            experiment = client.get_run(place.run_id).info.experiment_id
            client.update_model_version(name, version, description=description(evidence, experiment, place.run_id))
            if as_challenger:
                client.set_registered_model_alias(name, places.CHALLENGER, version)
    return version


def publish_unjudged(client: MlflowClient, run_id: str, evidence: Evidence) -> None:
    """Show the evidence of a model that was not judged in a run, and register nothing; arguments as in `publish`."""
    place = places.find_run(client, evidence, training_run=run_id)
    with _recording(client, place, evidence, training_run=run_id):
        pass


@contextmanager
def _recording(client: MlflowClient, run_id: str, evidence: Evidence, *, training_run: str) -> Iterator[None]:
    """Show the evidence in a run, and end it after the context: as FAILED where that raises."""
    training = runs.reopen(client, training_run, resume=False, seconds=evidence.cost.get("seconds"))
    run = runs.Run(client, run_id, training.trained_until)
    client.update_run(run.id, status="RUNNING")
    try:
        run_view.record(client, run.id, evidence)
        yield
    except BaseException:
        run.end_quietly("FAILED")
        raise
    run.end()


def description(evidence: Evidence, experiment: str, run_id: str) -> str:
    """Return the description of a registered version: the verdict, and links to the run's pages."""
    layout = evidence.layout
    html_pages = [layout.name_in_reports(page) for page in (layout.drift_page, layout.data_docs_page)]
    names = [run_view.CARD, *(page for page in html_pages if page in evidence.files)]

    links = [("the run with the model card", f"#/experiments/{experiment}/runs/{run_id}")]
    links += [(name, run_view.address(experiment, run_id, name)) for name in names]
    return describe_version(evidence, links)


def record(evidence: Evidence) -> dict[str, object]:
    """Return what version.json holds: the registered model's name and the verdict's tags.

    Version, run and time are left out, since they belong to one MLflow store; they are found there
    by the model's digest.
    """
    return {"model": evidence.parameters.publish.model_name, **verdicts.tags(evidence.verdict)}
