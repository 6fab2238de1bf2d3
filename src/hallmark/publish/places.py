"""Which run and which version show a verdict, without changing one that people rely on.

A version that bears an alias, or has been promoted, keeps the verdict with which it was published,
and so does its run. Another verdict of the same package gets a run and a version of its own. Any
other run and version are renewed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from hallmark import digests
from hallmark.contracts import verdicts
from hallmark.publish import run_metrics, run_view
from hallmark.publish.evidence import Evidence
from hallmark.tracking import model_registry as registry
from hallmark.tracking import runs

CHALLENGER = "challenger"
PROMOTED = "hallmark.promoted_at"  # the tag of a version that is, or has been, champion
TRAINING_RUN = "hallmark.training_run"  # the tag of a run of its own: the run that training left


@dataclass(frozen=True)
class Place:
    """The run that will show the evidence, and the number of the version to be tagged.

    Where `version` is None, a new one is registered.
    """

    run_id: str
    version: str | None


def find_place(
    client: MlflowClient,
    evidence: Evidence,
    built: Path,
    *,
    name: str,
    training_run: str,
    may_renew_challenger: bool,
) -> Place:
    """Return the run and the version in which the evidence is to be shown; create a run where none
    may show it.

    `built` is the folder of the model that the version must hold (see `mlflow_model`). The first of
    these that is allowed is taken: a place that shows this very verdict already, the run that
    training left, a run that an earlier publication of this verdict created.

    A run is not allowed where a version that people rely on shows another verdict by it. Nor is it
    where it has a metric or single examples that this evidence lacks: MLflow can't delete a metric,
    and what a person may have seen is not ours to delete. With `may_renew_challenger`, the
    challenger of the registered model `name` is not relied on, as where the alias moves anyway.
    """
    tags = verdicts.tags(evidence.verdict)
    exempt = name if may_renew_challenger else None
    free_runs = _free_runs(client, evidence, training_run, exempt)
    versions = {run_id: _versions(client, run_id, name, tags) for run_id in free_runs}

    for run_id in free_runs:
        for version in versions[run_id]:
            if _bears_tags(version, tags) and not registry.compare_version(client, version, built):
                return Place(run_id, str(version.version))
    for run_id in free_runs[:1]:
        for version in versions[run_id]:
            if not _is_relied_on(client, version, exempt) and not registry.compare_version(client, version, built):
                return Place(run_id, str(version.version))
        return Place(run_id, None)
    return Place(_create_run(client, evidence, training_run), None)


def find_run(client: MlflowClient, evidence: Evidence, *, training_run: str) -> str:
    """Return the run in which evidence without a version is to be shown, by the rules of `find_place`."""
    free_runs = _free_runs(client, evidence, training_run, None)
    return free_runs[0] if free_runs else _create_run(client, evidence, training_run)


def _free_runs(client: MlflowClient, evidence: Evidence, training_run: str, exempt: str | None) -> list[str]:
    """Return the runs that may show the evidence: that of the training first, then those of this verdict."""
    tags = verdicts.tags(evidence.verdict)
    experiment = client.get_run(training_run).info.experiment_id
    candidates = [training_run, *runs.find_runs(client, experiment, _publication_key(evidence))]
    fitting_runs = [each for each in candidates if _fits(client, each, evidence)]
    return [run_id for run_id in fitting_runs if not _shows_another(client, run_id, tags, exempt)]


def _create_run(client: MlflowClient, evidence: Evidence, training_run: str) -> str:
    """Create a run that shows this verdict, and return its id; it begins when the training began."""
    training = client.get_run(training_run).info
    run = runs.create_run(
        client,
        training.experiment_id,
        key=_publication_key(evidence),
        task=evidence.layout.task,
        tags={TRAINING_RUN: training_run},
        start_time=training.start_time,
    )
    return run.id


def _publication_key(evidence: Evidence) -> str:
    """Return the key of a run that shows one verdict of one training.

    It is not the training's own key, so that no training continues such a run.
    """
    training_key = evidence.package.manifest["training"]["key"]
    return digests.text(json.dumps([training_key, verdicts.tags(evidence.verdict)], sort_keys=True))


def _fits(client: MlflowClient, run_id: str, evidence: Evidence) -> bool:
    """Return whether the run has no metric and no single examples that this evidence lacks."""
    surplus_metrics = run_metrics.surplus_metrics(client.get_run(run_id), evidence)
    return not surplus_metrics and not run_view.surplus_examples(client, run_id, evidence)


def _versions(client: MlflowClient, run_id: str, name: str, tags: Mapping[str, str]) -> list[ModelVersion]:
    """Return the versions of the registered model `name` that are of this run and hold this
    package, newest first.

    Versions of other runs don't count, even with the same package: their pages may be gone, or show
    something else.
    """
    digest = "hallmark.digest.model"
    versions = [version for version in _versions_of_run(client, run_id) if version.name == name]
    with_package = [version for version in versions if version.tags.get(digest) == tags.get(digest)]
    return sorted(with_package, key=lambda version: int(version.version), reverse=True)


def _shows_another(client: MlflowClient, run_id: str, tags: Mapping[str, str], exempt: str | None) -> bool:
    """Return whether a version that people rely on, of any registered model, shows another verdict
    by this run.
    """
    others = [version for version in _versions_of_run(client, run_id) if not _bears_tags(version, tags)]
    return any(_is_relied_on(client, version, exempt) for version in others)


def _is_relied_on(client: MlflowClient, version: ModelVersion, exempt: str | None) -> bool:
    """Return whether the version has been promoted, or bears an alias.

    The alias `challenger` of the registered model `exempt` does not count.
    """
    aliases = client.get_registered_model(version.name).aliases  # a search returns versions without theirs
    own = {alias for alias, number in aliases.items() if str(number) == str(version.version)}
    if version.name == exempt:
        own -= {CHALLENGER}
    return bool(own) or PROMOTED in version.tags


def _bears_tags(version: ModelVersion, tags: Mapping[str, str]) -> bool:
    return all(version.tags.get(key) == value for key, value in tags.items())


def _versions_of_run(client: MlflowClient, run_id: str) -> list[ModelVersion]:
    """Return the versions, of any registered model, that were registered from the run."""
    return list(client.search_model_versions(f"run_id = '{run_id}'"))
