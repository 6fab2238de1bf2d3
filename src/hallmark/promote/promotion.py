"""Promotion in MLflow's registry: who is challenger, and moving the champion alias."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import RunTag
from mlflow.entities.model_registry import ModelVersion

from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.promote.champion import Comparison
from hallmark.promote.signatures import Signature
from hallmark.tracking import runs
from hallmark.tracking.connection import unless_missing

CHALLENGER, CHAMPION, FORMER = "challenger", "champion", "previous_champion"
LOG = "promotions"  # the experiment whose runs are the promotions
STATE = "hallmark.promotion"  # the tag of an entry: intended, until the alias has moved; then completed
INTENDED, COMPLETED = "intended", "completed"
NO_CHAMPION = "none"  # the former champion of the first one
TAG_PREFIX = "hallmark.promoted_"  # of a promotion's tags
LONGEST = 4000  # characters of a tag; MLflow takes 8,000 for a run


@dataclass(frozen=True)
class Entry:
    """An entry of the promotions log: a run, and the tags that the version gets once it is champion."""

    run: runs.Run
    tags: Mapping[str, str]

    @property
    def former(self) -> str:
        """The version that was champion before, or "none"."""
        return self.tags["hallmark.promoted_former"]


def holder(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """Return the version of the model `name` that bears the alias, or None where there is no such model or alias."""
    model = unless_missing(lambda: client.get_registered_model(name))
    if model is None or alias not in model.aliases:
        return None
    return client.get_model_version(name, str(model.aliases[alias]))


def challenger(client: MlflowClient, task: str, name: str) -> ModelVersion:
    """Return the challenger. Raises `InputError` where this store holds none, as where another one was published to."""
    version = holder(client, name, CHALLENGER)
    if version is None:
        cure = f"`dvc repro --force --single-item publish@{task}` publishes one anew"
        raise InputError(f"no version of the registered model {name!r} is {CHALLENGER}: {cure}")
    return version


def former_champions(client: MlflowClient, name: str) -> list[str]:
    """Return the numbers of the versions that have been champion, the newest first, also of those that were deleted.

    Promotion's tags name those that are still there, the log and the alias previous_champion the others. An entry that
    says "intended" counts where its version is gone: nobody knows any more whether the alias had moved.
    """
    registered = client.search_model_versions(f"name = '{name}'")
    versions = {str(version.version): version for version in registered}
    numbers = {number for number, version in versions.items() if "hallmark.promoted_at" in version.tags}

    for entry in _entries(client, f"tags.`hallmark.model` = '{name}'"):
        number = entry.data.tags.get("hallmark.version", "")
        if entry.data.tags.get(STATE) == COMPLETED or number not in versions:
            numbers.add(number)

    former = holder(client, name, FORMER)
    if former is not None:
        numbers.add(str(former.version))
    return sorted(numbers, key=_as_number, reverse=True)


def _as_number(version: str) -> int:
    return int(version) if version.isdecimal() else 0


def actor(environment: Mapping[str, str]) -> str:
    """Return who promotes, as far as the platform proves it.

    GitHub Actions names the person who started the workflow, and the run whose page proves it (see `workflow_run`).
    Its variables alone prove nothing: where they name no run, as elsewhere, the operating system's user is a mere
    claim, and is called unverified.
    """
    run_address = workflow_run(environment)
    if run_address is not None:
        started_by = environment.get("GITHUB_ACTOR", "unknown")
        rerun_by = environment.get("GITHUB_TRIGGERING_ACTOR", started_by)
        rerun = f", run again by {rerun_by}" if rerun_by != started_by else ""
        return f"{started_by}{rerun} (GitHub Actions, as {run_address} shows)"

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run a user who has no name
        name = str(os.getuid())
    return f"unverified local user {name}"


def workflow_run(environment: Mapping[str, str]) -> str | None:
    """Return the address of the workflow's run in GitHub Actions, where the platform shows who started it, or None."""
    parts = [environment.get(f"GITHUB_{part}") for part in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    if environment.get("GITHUB_ACTIONS") != "true" or not all(parts):
        return None
    return "{}/{}/actions/runs/{}".format(*parts)


def promote(
    client: MlflowClient,
    challenger: ModelVersion,
    verdict: Verdict,
    comparison: Comparison,
    signature: Signature | None,
    *,
    environment: Mapping[str, str],
    task: str,
) -> str:
    """Make the challenger champion, keep the former one as previous_champion, record it; return what was done in words.

    The runs of the experiment LOG are the log, one for each promotion. An entry is written as intended, the alias
    moves, and then the entry is completed: an interruption leaves one that says "intended", and where the alias had
    moved already, the next call completes it. `comparison` is that with the champion; `signature` is None where nothing
    had to be settled. Raises `InputError` where the champion is not the one that was compared, since another promotion
    came between.
    """
    champion = holder(client, challenger.name, CHAMPION)
    if champion is not None and str(champion.version) == str(challenger.version):
        return _finish_interrupted(client, challenger)

    champion_version = str(champion.version) if champion is not None else ""
    if champion_version != comparison.version:
        raise InputError(
            f"another version of {challenger.name} became champion in the meantime: run the same command again"
        )
    if champion is not None:
        _finish_interrupted(client, champion)  # else its entry would say "intended" for ever

    tags = _promotion_tags(verdict, comparison, signature, champion, environment)
    entry = _intend(client, challenger, tags, task=task)
    try:
        _drop_stale_tags(client, challenger, entry)  # before the alias: what they say is of a former promotion
        client.set_registered_model_alias(challenger.name, CHAMPION, str(challenger.version))
        _complete(client, challenger, entry)
    except BaseException:
        entry.run.end_quietly("FAILED")
        raise
    return f"{_sentence(challenger)}, promoted by {entry.tags['hallmark.promoted_by']}"


def _promotion_tags(
    verdict: Verdict,
    comparison: Comparison,
    signature: Signature | None,
    champion: ModelVersion | None,
    environment: Mapping[str, str],
) -> dict[str, str]:
    """Return who, when (UTC) and why; a REASON in the environment is a person's own words beside the verdict's."""
    reason = environment.get("REASON", "").strip()
    promotion = {
        "by": actor(environment),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "why": f"{verdict.sentence}; {reason}" if reason else verdict.sentence,
        "former": str(champion.version) if champion is not None else NO_CHAMPION,
        "outcome": comparison.outcome,
        "comparison": comparison.sentence,
    }
    run_address = workflow_run(environment)
    if run_address is not None:
        promotion["in"] = run_address
    if signature is not None:
        promotion |= {"signed_by": signature.by, "signed_at": signature.at, "statement": signature.statement}
        promotion["settled"] = ", ".join(settled.kind for settled in signature.settles)
    return {f"{TAG_PREFIX}{key}": _cut(value) for key, value in promotion.items()}


def _intend(client: MlflowClient, challenger: ModelVersion, tags: Mapping[str, str], *, task: str) -> Entry:
    """Write the entry of a promotion that has not happened yet."""
    name = challenger.name
    version = str(challenger.version)
    key = f"{name}/{version}/{tags['hallmark.promoted_at']}"
    run = runs.open_run(experiment=LOG, key=key, task=task, client=client)

    intention = f"{name} version {version} is intended to become champion"
    about = {
        STATE: INTENDED,
        "hallmark.model": name,
        "hallmark.version": version,
        "mlflow.note.content": _cut(f"{intention}. {tags['hallmark.promoted_why']}"),
    }

    client.update_run(run.id, name=intention)
    client.log_batch(run.id, tags=[RunTag(key, value) for key, value in {**tags, **about}.items()])
    return Entry(run, tags)


def _complete(client: MlflowClient, champion: ModelVersion, entry: Entry) -> None:
    """Write what follows from the alias having moved: the former champion, the version's tags, the entry's end.

    That the entry is completed is written last of all, so that an interruption before leaves one to be completed.
    """
    name = champion.name
    version = str(champion.version)
    if entry.former != NO_CHAMPION:
        client.set_registered_model_alias(name, FORMER, entry.former)
    _drop_stale_tags(client, champion, entry)
    for key, value in entry.tags.items():
        client.set_model_version_tag(name, version, key, value)

    note = f"{_sentence(champion)}. {entry.tags['hallmark.promoted_why']}"
    client.set_tag(entry.run.id, "mlflow.note.content", _cut(note))
    client.update_run(entry.run.id, name=_sentence(champion))
    entry.run.end()
    client.set_tag(entry.run.id, STATE, COMPLETED)


def _drop_stale_tags(client: MlflowClient, version: ModelVersion, entry: Entry) -> None:
    """Delete what an earlier promotion of the version says and this one doesn't, such as who signed that one."""
    tags = client.get_model_version(version.name, str(version.version)).tags
    for key in tags:
        if key.startswith(TAG_PREFIX) and key not in entry.tags:
            client.delete_model_version_tag(version.name, str(version.version), key)


def _finish_interrupted(client: MlflowClient, champion: ModelVersion) -> str:
    """Complete the newest entry of this champion where it isn't whole: the alias had moved already."""
    entries = _entries(client, _of_version(champion))
    newest = entries[0] if entries else None
    if newest is None or _is_whole(newest, champion):
        return f"{champion.name} version {champion.version} is champion already: nothing to do"

    tags = {key: value for key, value in newest.data.tags.items() if key.startswith(TAG_PREFIX)}
    _complete(client, champion, Entry(runs.Run(client, newest.info.run_id), tags))
    return f"{champion.name} version {champion.version} is champion already: its interrupted entry is completed"


def _is_whole(entry: Any, version: ModelVersion) -> bool:
    """Whether an entry of the log says everywhere that the version became champion."""
    is_completed = entry.data.tags.get(STATE) == COMPLETED
    return bool(is_completed and entry.info.status == "FINISHED" and entry.info.run_name == _sentence(version))


def _of_version(version: ModelVersion) -> str:
    return f"tags.`hallmark.model` = '{version.name}' and tags.`hallmark.version` = '{version.version}'"


def _entries(client: MlflowClient, which: str) -> list[Any]:
    """Return the log's entries that MLflow's filter `which` selects, the newest first."""
    experiment = client.get_experiment_by_name(LOG)
    if experiment is None:
        return []

    entries: list[Any] = []
    token: str | None = ""
    while token is not None:
        page = client.search_runs(
            [experiment.experiment_id], which, order_by=["start_time DESC"], page_token=token or None
        )
        entries += page
        token = page.token or None
    return entries


def _sentence(version: ModelVersion) -> str:
    """Return what an entry is called once the alias has moved."""
    return f"{version.name} version {version.version} became champion"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
