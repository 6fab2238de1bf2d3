"""Promotion in MLflow's registry: which version is challenger or champion, moving the champion
alias, and its log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mlflow import MlflowClient
from mlflow.entities import Run, RunTag
from mlflow.entities.model_registry import ModelVersion

from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.promote.actor import name_actor, workflow_run
from hallmark.promote.champion_comparison import Comparison
from hallmark.promote.signatures import Signature
from hallmark.tracking import runs
from hallmark.tracking.connection import unless_missing

CHALLENGER, CHAMPION, FORMER = "challenger", "champion", "previous_champion"  # aliases
LOG = "promotions"  # the experiment that is the log: each of its runs is the entry of one promotion
STATE = "hallmark.promotion"  # an entry's tag: INTENDED, and COMPLETED once the alias has moved and all is written
INTENDED, COMPLETED = "intended", "completed"
NO_CHAMPION = "none"  # the former champion in the entry of the first promotion
UNKNOWN = "unknown"  # the version of an entry that has lost its tag `hallmark.version`
TAG_PREFIX = "hallmark.promoted_"  # of the tags that an entry and its version share
MAX_TAG_LENGTH = 4000  # characters; MLflow takes 8,000 in a run's tag


@dataclass(frozen=True)
class Entry:
    """An entry of the log: its run, and the tags with TAG_PREFIX, which the version gets once it is
    champion.
    """

    run: runs.Run
    tags: Mapping[str, str]

    @property
    def former(self) -> str:
        """The number of the version that was champion before, or NO_CHAMPION."""
        return self.tags["hallmark.promoted_former"]


def holder(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """Return the version of the registered model `name` that bears the alias; None without such a
    model or alias.
    """
    model = unless_missing(lambda: client.get_registered_model(name))
    if model is None or alias not in model.aliases:
        return None
    return client.get_model_version(name, str(model.aliases[alias]))


def challenger(client: MlflowClient, task: str, name: str) -> ModelVersion:
    """Return the version of the registered model `name` that is challenger.

    Raises `InputError` where there is none, as where the task was published to another MLflow
    store.
    """
    version = holder(client, name, CHALLENGER)
    if version is None:
        cure = f"`dvc repro --force --single-item publish@{task}` publishes one anew"
        raise InputError(f"no version of the registered model {name!r} is {CHALLENGER}: {cure}")
    return version


def promoted_versions(client: MlflowClient, name: str) -> list[str]:
    """Return the number of each version of the model `name` that is or has been champion, the
    highest first.

    Each of three sources adds versions, so that removing one of them hides no former champion:

    - the tags that promotion gives a version, for versions that still exist;
    - the log's entries, for deleted versions, too. A completed entry counts. Any other one counts
      where its version no longer exists, or is UNKNOWN, since nobody can tell whether the alias had
      moved;
    - the alias previous_champion, for a version that lost its tags and its entry.
    """
    registered = client.search_model_versions(f"name = '{name}'")
    existing_versions = {str(version.version): version for version in registered}
    numbers = {number for number, version in existing_versions.items() if "hallmark.promoted_at" in version.tags}

    for entry in _log_entries(client, f"tags.`hallmark.model` = '{name}'"):
        number = entry.data.tags.get("hallmark.version", UNKNOWN)
        is_completed = entry.data.tags.get(STATE) == COMPLETED
        if is_completed or number not in existing_versions:
            numbers.add(number)

    former = holder(client, name, FORMER)
    if former is not None:
        numbers.add(str(former.version))
    return sorted(numbers, key=_as_number, reverse=True)


def _as_number(version: str) -> int:
    """Return a version's number as one that can be ordered; 0 for a text that is none."""
    return int(version) if version.isdecimal() else 0


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
    """Make the challenger champion and its predecessor previous_champion.

    Return a sentence about what was done.

    The entry in the log is written as INTENDED, then the alias moves, then the entry is completed.
    An interruption leaves an INTENDED entry; where the alias had moved already, the next call
    completes it.

    `comparison` is the one with the champion. `signature` is None where nothing had to be settled.
    Raises `InputError` where the champion is not the version that was compared, since another
    promotion came between.
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
        _finish_interrupted(client, champion)  # otherwise its entry would stay INTENDED for ever

    tags = _promotion_tags(verdict, comparison, signature, champion, environment)
    entry = _intend(client, challenger, tags, task=task)
    try:
        _delete_stale_tags(client, challenger, entry)  # first, so that no champion bears an earlier promotion's tags
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
    """Return the tags of a promotion: who, when (UTC) and why, the former champion, the comparison,
    the signature.

    Why is the verdict's sentence and, where the variable REASON is set, a person's own words after
    it.
    """
    reason = environment.get("REASON", "").strip()
    promotion = {
        "by": name_actor(environment),
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
    """Create the log's entry of a promotion whose alias has not moved yet: its state is INTENDED."""
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
    """Write what follows once the alias has moved: the alias of the former champion, the version's
    tags, the entry.

    The state COMPLETED is written last, so that after an interruption the next call finds the entry
    incomplete.
    """
    name = champion.name
    version = str(champion.version)
    if entry.former != NO_CHAMPION:
        client.set_registered_model_alias(name, FORMER, entry.former)
    _delete_stale_tags(client, champion, entry)
    for key, value in entry.tags.items():
        client.set_model_version_tag(name, version, key, value)

    note = f"{_sentence(champion)}. {entry.tags['hallmark.promoted_why']}"
    client.set_tag(entry.run.id, "mlflow.note.content", _cut(note))
    client.update_run(entry.run.id, name=_sentence(champion))
    entry.run.end()
    client.set_tag(entry.run.id, STATE, COMPLETED)


def _delete_stale_tags(client: MlflowClient, version: ModelVersion, entry: Entry) -> None:
    """Delete the version's tags of an earlier promotion that this one does not set, such as who
    signed that one.
    """
    tags = client.get_model_version(version.name, str(version.version)).tags
    for key in tags:
        if key.startswith(TAG_PREFIX) and key not in entry.tags:
            client.delete_model_version_tag(version.name, str(version.version), key)


def _finish_interrupted(client: MlflowClient, champion: ModelVersion) -> str:
    """Complete the newest entry of this champion, if an interruption left it incomplete.

    Return what was done.

    The version is champion, so the alias had moved before the interruption.
    """
    entries = _log_entries(client, _of_version(champion))
    newest = entries[0] if entries else None
    if newest is None or _is_completed(newest, champion):
        return f"{champion.name} version {champion.version} is champion already: nothing to do"

    tags = {key: value for key, value in newest.data.tags.items() if key.startswith(TAG_PREFIX)}
    _complete(client, champion, Entry(runs.Run(client, newest.info.run_id), tags))
    return f"{champion.name} version {champion.version} is champion already: its interrupted entry is completed"


def _is_completed(entry: Run, version: ModelVersion) -> bool:
    """Return whether an entry's state, status and name all say that the version became champion."""
    has_state = entry.data.tags.get(STATE) == COMPLETED
    return bool(has_state and entry.info.status == "FINISHED" and entry.info.run_name == _sentence(version))


def _of_version(version: ModelVersion) -> str:
    """Return MLflow's filter for the log's entries of one version."""
    return f"tags.`hallmark.model` = '{version.name}' and tags.`hallmark.version` = '{version.version}'"


def _log_entries(client: MlflowClient, filter_string: str) -> list[Run]:
    """Return the entries of the promotion log that match, the newest first; [] if there is no log.

    The log is the MLflow experiment LOG, and each promotion one run in it. `filter_string` has
    MLflow's search syntax, for example "tags.`hallmark.model` = 'fraud'".
    """
    experiment = client.get_experiment_by_name(LOG)
    if experiment is None:
        return []

    entries: list[Run] = []
    token = None
    while True:
        page = client.search_runs(
            [experiment.experiment_id], filter_string, order_by=["start_time DESC"], page_token=token
        )
        entries += page
        if not page.token:
            return entries
        token = page.token


def _sentence(version: ModelVersion) -> str:
    """Return the name of an entry once the alias has moved."""
    return f"{version.name} version {version.version} became champion"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TAG_LENGTH else f"{text[: MAX_TAG_LENGTH - 1]}…"
