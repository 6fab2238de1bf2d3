"""Promotion in MLflow's registry: who is challenger, and moving the champion alias."""

import getpass
import os
from collections.abc import Mapping
from datetime import UTC, datetime

from mlflow import MlflowClient
from mlflow.entities import RunTag
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from hallmark.errors import InputError
from hallmark.promote.signing import Signature
from hallmark.tracking import runs
from hallmark.verdicts import Verdict

CHALLENGER, CHAMPION, FORMER = "challenger", "champion", "previous_champion"
LOG = "promotions"  # the experiment whose runs are the promotions
_ABSENT = {
    "RESOURCE_DOES_NOT_EXIST",
    "INVALID_PARAMETER_VALUE",
}  # MLflow says the latter where only the alias is missing


def holder(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """Return the version of the model `name` that bears the alias, or None where there is no such model or alias."""
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in _ABSENT:
            return None
        raise


def challenger(client: MlflowClient, task: str, name: str) -> ModelVersion:
    """Return the challenger. Raises `InputError` where this store holds none, as where another one was published to."""
    found = holder(client, name, CHALLENGER)
    if found is None:
        anew = f"`dvc repro --force --single-item publish@{task}` publishes one anew"
        raise InputError(f"no version of the registered model {name!r} is {CHALLENGER}: {anew}")
    return found


def actor(environment: Mapping[str, str]) -> str:
    """Return who promotes: in GitHub Actions the person who started the workflow, else the operating system's user."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return f"{environment.get('GITHUB_ACTOR', 'unknown')} (GitHub Actions)"
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run a user who has no name
        return f"user {os.getuid()}"


def promote(
    client: MlflowClient,
    challenger: ModelVersion,
    verdict: Verdict,
    signature: Signature | None,
    *,
    environment: Mapping[str, str],
    task: str,
) -> str:
    """Make the challenger champion, keep the former one as previous_champion, record it; return what was done in words.

    The runs of the experiment LOG are the log, one for each promotion: it only grows. It is written first, and the
    champion moves last, so that no interruption leaves a champion that nobody has recorded.
    """
    name, version = challenger.name, str(challenger.version)
    champion = holder(client, name, CHAMPION)
    if champion is not None and str(champion.version) == version:
        return f"{name} version {version} is champion already: nothing to do"
    promotion = _promotion(verdict, champion, environment)
    if signature is not None and verdict.awaits_signature:
        promotion |= {"signed_by": signature.by, "signed_at": signature.at, "statement": signature.statement}
    title = f"{name} version {version} became champion"
    run = runs.open_run(experiment=LOG, key=f"{name}/{version}/{promotion['at']}", task=task)
    tags = {f"hallmark.promoted_{key}": value for key, value in promotion.items()}
    told = {"hallmark.model": name, "hallmark.version": version, "mlflow.note.content": f"{title}. {promotion['why']}"}
    client.update_run(run.id, name=title)
    client.log_batch(run.id, tags=[RunTag(key, value) for key, value in (tags | told).items()])
    run.end()
    for key, value in tags.items():
        client.set_model_version_tag(name, version, key, value)
    if champion is not None:
        client.set_registered_model_alias(name, FORMER, str(champion.version))
    client.set_registered_model_alias(name, CHAMPION, version)
    return f"{title}, promoted by {promotion['by']}"


def _promotion(verdict: Verdict, champion: ModelVersion | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Who, when (UTC) and why; a REASON in the environment is a person's own words beside the verdict's."""
    reason = environment.get("REASON", "").strip()
    return {
        "by": actor(environment),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "why": f"{verdict.sentence}; {reason}" if reason else verdict.sentence,
        "former": str(champion.version) if champion is not None else "none",
    }
