"""Promotion in a real registry, through the command that CI runs."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import small_task
from entries import call, exit_status
from mlflow import MlflowClient
from mlflow.entities import Run
from published_task import Store, judge, project_in, publish_small

from hallmark.config.stages import Requirement
from hallmark.contracts import findings, summaries, verdicts
from hallmark.promote import promotion
from hallmark.promote.actor import name_actor, workflow_run
from hallmark.publish import serving_spec
from pipelines import gate, promote, sign

pytestmark = pytest.mark.slow

RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.test",
    "GITHUB_REPOSITORY": "a/b",
    "GITHUB_RUN_ID": "7",
}
PAGE = "https://github.test/a/b/actions/runs/7"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A project with the small task published as the gate judges it; the working folder is there."""
    monkeypatch.chdir(tmp_path)
    store = project_in(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("REASON", raising=False)
    return store


def _publish(store: Store, more: dict[str, Requirement] | None = None, **bounds: float) -> None:
    judge(store.root, small_task.stricter(**bounds) | (more or {}))
    publish_small(store)


def status(monkeypatch: pytest.MonkeyPatch) -> int:
    return exit_status(monkeypatch, "promote", promote.main)


def alias(store: Store, name: str) -> str | None:
    found = promotion.holder(store.client, "small", name)
    return None if found is None else str(found.version)


def log(store: Store) -> list[Run]:
    experiment = store.client.get_experiment_by_name(promotion.LOG)
    return [] if experiment is None else store.client.search_runs([experiment.experiment_id])


def test_an_eligible_challenger_becomes_champion_with_who_when_and_why(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (RUN | {"GITHUB_ACTOR": "octo-cat"}).items():
        monkeypatch.setenv(name, value)

    monkeypatch.setenv("REASON", "The board agreed.")
    assert status(monkeypatch) == 0
    assert alias(project, "champion") == "1"
    assert alias(project, "previous_champion") is None

    tags = project.client.get_model_version("small", "1").tags
    assert tags["hallmark.promoted_by"] == f"octo-cat (GitHub Actions, as {PAGE} shows)"
    assert tags["hallmark.promoted_in"] == PAGE
    assert tags["hallmark.promoted_why"].startswith("eligible: all ")
    assert tags["hallmark.promoted_why"].endswith("; The board agreed.")
    assert tags["hallmark.promoted_at"].endswith("+00:00")
    assert tags["hallmark.promoted_former"] == "none"

    (run,) = log(project)
    assert run.info.status == "FINISHED"
    assert {key: run.data.tags[key] for key in tags if "promoted" in key} == {
        key: value for key, value in tags.items() if "promoted" in key
    }
    assert "small version 1 became champion" in capsys.readouterr().out


def test_the_former_champion_is_kept_and_promoting_twice_does_nothing(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch) == 0

    small_task.write_task(project.root, scale=2.0)
    _publish(project)
    assert status(monkeypatch) == 0
    assert (alias(project, "champion"), alias(project, "previous_champion")) == ("2", "1")
    assert status(monkeypatch) == 0
    assert "small version 2 is champion already: nothing to do" in capsys.readouterr().out
    assert (alias(project, "champion"), alias(project, "previous_champion")) == ("2", "1")
    assert len(log(project)) == 2


def states(store: Store) -> list[tuple[str, str]]:
    """What the log's entries say, the newest first."""
    return [(run.info.run_name, run.data.tags[promotion.STATE]) for run in log(store)]


INTENDED = ("small version 1 is intended to become champion", "intended")
COMPLETED = ("small version 1 became champion", "completed")


def test_an_entry_says_intended_until_the_alias_has_moved(project: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def move(self: MlflowClient, name: str, alias: str, version: str) -> object:
        seen.append((alias, states(project)))
        return set_alias(self, name, alias, version)

    set_alias = MlflowClient.set_registered_model_alias
    monkeypatch.setattr(MlflowClient, "set_registered_model_alias", move)
    assert status(monkeypatch) == 0
    assert seen == [("champion", [INTENDED])]
    assert states(project) == [COMPLETED]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interruption_before_the_alias_moves_leaves_an_intention(
    project: Store, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", raising(error))
        assert status(patch) == (130 if error is KeyboardInterrupt else 2)
    assert alias(project, "champion") is None
    assert states(project) == [INTENDED]
    notes = [run.data.tags["mlflow.note.content"] for run in log(project)]
    assert not any("became" in note for note in notes)
    tags = project.client.get_model_version("small", "1").tags
    assert not any(key.startswith("hallmark.promoted") for key in tags)

    assert status(monkeypatch) == 0
    assert states(project) == [COMPLETED, INTENDED]


def test_an_interruption_after_the_alias_has_moved_is_made_good_by_the_next_call(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch) == 0
    small_task.write_task(project.root, scale=2.0)
    _publish(project)
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_model_version_tag", raising(OSError))
        assert status(patch) == 2
    assert alias(project, "champion") == "2"
    assert states(project)[0] == ("small version 2 is intended to become champion", "intended")

    assert status(monkeypatch) == 0
    assert "its interrupted entry is completed" in capsys.readouterr().out
    assert states(project) == [("small version 2 became champion", "completed"), COMPLETED]
    assert alias(project, "previous_champion") == "1"
    assert project.client.get_model_version("small", "2").tags["hallmark.promoted_former"] == "1"


def test_an_interrupted_promotion_is_made_good_before_the_next_version_is_promoted(
    project: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_model_version_tag", raising(OSError))
        assert status(patch) == 2
    assert (alias(project, "champion"), states(project)) == ("1", [INTENDED])

    small_task.write_task(project.root, scale=2.0)
    _publish(project)
    assert status(monkeypatch) == 0
    assert states(project) == [("small version 2 became champion", "completed"), COMPLETED]
    assert (alias(project, "champion"), alias(project, "previous_champion")) == ("2", "1")
    assert "hallmark.promoted_at" in project.client.get_model_version("small", "1").tags


def test_an_interruption_at_the_last_writes_of_the_log_is_made_good(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever ends the promotion after the alias has moved, the same command completes the entry."""
    calls = []
    names = ("set_tag", "update_run", "set_terminated", "set_model_version_tag", "delete_model_version_tag")
    originals = {name: getattr(MlflowClient, name) for name in names}

    def counting(name: str, last: int) -> Callable[..., object]:
        def call(self: MlflowClient, *arguments: object, **keywords: object) -> object:
            calls.append(name)
            if promotion.holder(self, "small", "champion") is not None and len(calls) > last:
                raise OSError
            return originals[name](self, *arguments, **keywords)

        return call

    def promoted_until(last: int) -> int:
        calls.clear()
        with monkeypatch.context() as patch:
            for name in names:
                patch.setattr(MlflowClient, name, counting(name, last))
            return status(patch)

    last = 0
    while promoted_until(last) != 0:
        assert states(project)[0] != COMPLETED or log(project)[0].info.status == "FINISHED"
        last += 1
    assert last > 5
    assert (states(project)[0], log(project)[0].info.status) == (COMPLETED, "FINISHED")
    assert status(monkeypatch) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_a_deleted_champion_is_not_forgotten(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch) == 0

    small_task.write_task(project.root, scale=2.0)
    _publish(project)
    project.client.delete_model_version("small", "1")
    assert promotion.promoted_versions(project.client, "small") == ["1"]

    capsys.readouterr()
    assert status(monkeypatch) == promote.REFUSED
    assert "there is no champion yet" not in capsys.readouterr().out
    assert alias(project, "champion") is None


def test_a_promotion_that_never_happened_makes_no_champion(project: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", raising(OSError))
        assert status(patch) == 2
    assert promotion.promoted_versions(project.client, "small") == []
    assert status(monkeypatch) == 0
    assert promotion.promoted_versions(project.client, "small") == ["1"]


def test_an_entry_that_has_lost_its_version_still_counts(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch) == 0

    (entry,) = log(project)
    project.client.delete_tag(entry.info.run_id, "hallmark.version")
    small_task.write_task(project.root, scale=2.0)
    _publish(project)
    project.client.delete_model_version("small", "1")
    assert promotion.promoted_versions(project.client, "small") == ["unknown"]

    capsys.readouterr()
    assert status(monkeypatch) == promote.REFUSED
    assert "though version unknown has been promoted" in " ".join(capsys.readouterr().out.split())


def test_a_second_promotion_keeps_nothing_of_what_the_first_one_proved(
    project: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (RUN | {"GITHUB_ACTOR": "octo-cat"}).items():
        monkeypatch.setenv(name, value)
    assert status(monkeypatch) == 0
    project.client.set_model_version_tag("small", "1", "hallmark.promoted_signed_by", "Dr. A")
    small_task.write_task(project.root, scale=2.0)
    _publish(project)
    assert status(monkeypatch) == 0
    assert project.client.get_model_version("small", "1").tags["hallmark.promoted_in"] == PAGE

    for name in RUN:
        monkeypatch.delenv(name)
    small_task.write_task(project.root)
    _publish(project)
    project.client.set_registered_model_alias("small", "challenger", "1")
    assert status(monkeypatch) == 0
    assert alias(project, "champion") == "1"
    tags = project.client.get_model_version("small", "1").tags
    assert tags["hallmark.promoted_by"].startswith("unverified local user")
    assert not {"hallmark.promoted_in", "hallmark.promoted_signed_by"} & set(tags)


def raising(error: type[BaseException]) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_another_tasks_model_is_not_promoted(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.client.set_registered_model_tag("small", "hallmark.task", "another")
    assert status(monkeypatch) == 2
    sentence = " ".join(capsys.readouterr().err.split())
    assert "the registered model 'small' belongs to task 'another', not to 'small'" in sentence
    assert alias(project, "champion") is None
    project.client.delete_registered_model_tag("small", "hallmark.task")
    assert status(monkeypatch) == 2
    assert "has no tag hallmark.task" in " ".join(capsys.readouterr().err.split())


def test_what_is_served_is_judged(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr(serving_spec, "requirements", lambda: ["mlflow==0.0.1"])
    assert status(monkeypatch) == 3
    out = capsys.readouterr().out
    assert "served as it lies here" in out
    assert "requirements.txt in the registry" in out
    assert "conda.yaml in the registry" in out


def test_high_stakes_wait_for_a_person_to_sign(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _publish(project, {"signature": Requirement(check="gate.signature")})
    assert status(monkeypatch) == promote.REFUSED
    assert "nobody has signed" in capsys.readouterr().out

    monkeypatch.setenv("SIGNER", "Dr. R. Viewer")
    monkeypatch.setenv("STATEMENT", "Seen and understood.")
    call(sign.main, "small")
    assert "signed by Dr. R. Viewer" in capsys.readouterr().out
    assert status(monkeypatch) == 0

    tags = project.client.get_model_version("small", "1").tags
    assert tags["hallmark.promoted_signed_by"] == "Dr. R. Viewer"
    assert tags["hallmark.promoted_statement"] == "Seen and understood."

    small_task.write_task(project.root, scale=2.0)
    _publish(project, {"signature": Requirement(check="gate.signature")})
    assert status(monkeypatch) == promote.REFUSED
    assert "another verdict" in capsys.readouterr().out


def _tamper(store: Store, what: str) -> None:
    root = store.root
    files = {
        "data": root / "data/prepared/small/dataset.json",
        "model": root / "models/small/package.json",
        "configuration": root / "params/small.yaml",
        "code": root / "pipelines/code.txt",
    }

    if what in files:
        files[what].write_text(files[what].read_text() + "\n")
    elif what == "tag":
        store.client.set_model_version_tag("small", "1", "hallmark.digest.data", "0" * 64)
    elif what == "registry":
        (packaged,) = (root / "mlartifacts").rglob("package.json")
        packaged.write_text(packaged.read_text() + "\n")
    elif what == "registry lost":
        shutil.rmtree(root / "mlartifacts")
    elif what == "verdict":
        _publish(store, accuracy=0.99)
    elif what == "verdict not published":
        small_task.write_verdict(
            root, small_task.stricter(accuracy=0.85), **gate.current_digests(small_task.LAYOUT) | {"data": "0" * 64}
        )


def _pass_by_hand(store: Store) -> None:
    """Edit what a blocked task's verdict and summary say into eligible, consistently, and publish that."""
    _publish(store, accuracy=0.99)
    path = store.root / "reports/small/gate/verdict.json"
    blocked = store.verdict()
    judged = tuple(replace(judgement, status="eligible") for judgement in blocked.judged)
    verdicts.write(verdicts.Verdict("eligible", judged, blocked.digests), path)
    summary_path = path.with_name("summary.json")
    summaries.write(replace(summaries.read(summary_path), status="eligible"), summary_path)
    publish_small(store)


def test_a_verdict_edited_by_hand_is_refused(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    _pass_by_hand(project)
    assert status(monkeypatch) == 3
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("evidence")]
    assert "accuracy (evaluate.metric, accuracy)" in row
    assert alias(project, "champion") is None


def test_findings_edited_after_the_verdict_are_refused(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    path = project.root / "reports/small/evaluate/findings.json"
    findings.write([replace(each, n=each.n + 1) for each in findings.read(path)], path)
    assert status(monkeypatch) == 3
    assert "evidence as it lies here" in capsys.readouterr().out


def test_a_registry_that_fails_is_one_sentence(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(project.root / "mlflow.db") as database:
        database.execute("DROP TABLE registered_model_aliases")
    database.close()
    assert status(monkeypatch) == 2
    assert "refused, or stopped answering" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("data", "data as it lies here"),
        ("model", "model as it lies here"),
        ("configuration", "configuration as it lies here"),
        ("code", "code as it lies here"),
        ("tag", "tag hallmark.digest.data of the version"),
        ("registry", "package in the registry"),
        ("registry lost", "nothing is there"),
        ("verdict", "must be eligible"),
        ("verdict not published", "tag hallmark.digest.data of the version"),
    ],
)
def test_whatever_was_tampered_with_the_champion_does_not_move(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: str, said: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    _tamper(project, what)
    assert status(monkeypatch) == 3
    out = capsys.readouterr().out
    assert said in out
    assert "✗ small version 1 is not promoted" in out
    assert alias(project, "champion") is None
    assert log(project) == []


def test_without_a_challenger_one_sentence_says_so(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.client.delete_registered_model_alias("small", "challenger")
    assert status(monkeypatch) == 2
    assert "no version of the registered model 'small' is challenger" in capsys.readouterr().err
    project.client.delete_registered_model("small")
    assert status(monkeypatch) == 2
    assert "`dvc repro --force --single-item publish@small` publishes one anew" in capsys.readouterr().err


def test_who_promotes_is_the_person_behind_the_workflow_or_the_systems_user(monkeypatch: pytest.MonkeyPatch) -> None:
    actions = RUN | {"GITHUB_ACTOR": "octo-cat"}
    assert name_actor(actions) == f"octo-cat (GitHub Actions, as {PAGE} shows)"

    again = actions | {"GITHUB_TRIGGERING_ACTOR": "ada"}
    assert name_actor(again) == f"octo-cat, run again by ada (GitHub Actions, as {PAGE} shows)"
    assert workflow_run(again) == PAGE

    monkeypatch.setenv("LOGNAME", "ada")
    for name in RUN:  # variables that name no run are nobody's proof
        claimed = {key: value for key, value in actions.items() if key != name}
        assert workflow_run(claimed) is None
        assert name_actor(claimed) == name_actor(claimed | {name: ""}) == "unverified local user ada"
