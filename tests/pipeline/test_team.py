"""A team: two clones, one folder as DVC's remote and one MLflow server; then what must not get past verification."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import credit
import pytest
import yaml
from local_servers import free_port, wait_until_it_answers
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from omegaconf import OmegaConf
from project import ROOT, Project

from hallmark.contracts import predictions
from hallmark.layout import Layout
from hallmark.verify.record import Record, UnverifiedStage
from hallmark.verify.record import write as write_record

pytestmark = pytest.mark.pipeline

TASK = "credit"
CLIENTS = 1200
SMALL = {
    "validate.expectations.all_clients.arguments.value": CLIENTS,
    "validate.minimum_per_class": 20,
    "validate.minimum_per_group": 10,
    "train.epochs": 2,
    "drift.n_permutations": 60,
}
EASY = {"against": None, "check": "evaluate.metric", "metric": "roc_auc", "at_least": 0.6, "at_most": None}
STEPS = yaml.safe_load((ROOT / ".github/workflows/promote.yml").read_text(encoding="utf-8"))["jobs"]


@dataclass(frozen=True)
class Team:
    laptop: Project
    remote: Path
    server: str
    client: MlflowClient
    folder: Path

    def clone(self, name: str, source: Project | None = None) -> Project:
        """Clone as a runner checks out; `.venv` is the environment of these tests, in place of `make install`."""
        folder = self.folder / name
        (source or self.laptop).git("clone", "--quiet", ".", str(folder))
        project = Project(folder)

        program = folder / ".venv/bin/python"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        (folder / ".venv/runtime.stamp").write_text(f"{folder}\n", encoding="utf-8")  # else make installs all anew
        return project

    def job(self, name: str, project: Project, **environment: str) -> dict[str, str]:
        """Run a job's commands word for word, but for the installation; return its outputs."""
        output = project.folder / ".state-outputs"
        secrets = {"MLFLOW_TRACKING_URI": self.server, "DVC_CONFIG_LOCAL": ""}
        paths = {"PYTHONPATH": str(project.folder / "src"), "GITHUB_OUTPUT": str(output), "TASK": TASK}
        for step in STEPS[name]["steps"]:
            if step.get("run", "make install") == "make install":
                continue
            env = {**project.environment(**paths), **environment}
            env |= {key: secrets.get(key, environment.get(key, "")) for key in step.get("env", {})}
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]], cwd=project.folder, env=env, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{step['run']}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"

        lines = output.read_text(encoding="utf-8").splitlines() if output.exists() else []
        return dict(line.split("=", 1) for line in lines)

    def alias(self, name: str) -> str | None:
        try:
            return str(self.client.get_model_version_by_alias(TASK, name).version)
        except MlflowException:
            return None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real tracking server, the one that a team shares."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    store = [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen([*command, *store], stdout=log, stderr=log, cwd=folder, start_new_session=True)

    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}/health", process, folder / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, server: str) -> Team:
    """A laptop whose own data is added, judged against the server, committed and pushed."""
    folder = tmp_path_factory.mktemp("a team")
    laptop = Project.copy(folder / "laptop")
    example = laptop.folder / "docs/examples" / f"{TASK}.yaml"
    (laptop.folder / "conf/task" / f"{TASK}.yaml").write_bytes(example.read_bytes())
    laptop.edit("conf/tasks.yaml", tasks={TASK: {"system": "table"}}, bundled={})
    laptop.edit(f"conf/task/{TASK}.yaml", **SMALL)
    _ease(laptop)
    raw = laptop.folder / "data/raw" / TASK
    raw.mkdir(parents=True)
    credit.clients(CLIENTS).to_csv(raw / credit.FILE, index=False)

    _done(laptop.run("dvc", "add", f"data/raw/{TASK}"))
    _done(laptop.run("dvc", "remote", "add", "--default", "storage", str(folder / "remote")))
    _done(laptop.repro(f"publish@{TASK}", MLFLOW_TRACKING_URI=server))
    laptop.commit()
    _done(laptop.run("dvc", "push"))
    return Team(laptop, folder / "remote", server, MlflowClient(server), folder)


def _ease(project: Project) -> None:
    """Let every requirement but those on the data ask for what this small model reaches."""
    conf = project.folder / "conf"
    task = OmegaConf.load(conf / f"task/{TASK}.yaml").gate.requirements
    for name in [*OmegaConf.load(conf / "gate/default.yaml").requirements, *task]:
        if name != "data":
            project.edit(f"conf/task/{TASK}.yaml", **{f"gate.requirements.{name}": EASY})


def _done(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def _verify(project: Project) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    done = project.run("pipelines.verify", TASK)
    return done, json.loads((project.folder / f".state/verification/{TASK}.json").read_text(encoding="utf-8"))


def test_own_data_is_judged_pushed_pulled_and_promoted_in_another_clone(team: Team) -> None:
    (version,) = team.client.search_model_versions(f"name='{TASK}'")
    assert team.alias("challenger") is None  # a laptop that publishes to a server moves nothing
    assert f"data/raw/{TASK}.dvc" in team.laptop.git("ls-files")

    runner = team.clone("evidence")
    assert not (runner.folder / "data/raw" / TASK).exists()
    outputs = team.job("evidence", runner)
    record = json.loads(outputs["record"])
    assert record["differences"] == record["not_verified"] == []
    assert record["identical"] is True  # on one machine nothing differs in a single bit
    assert record["commit"] == runner.git("rev-parse", "HEAD").strip()
    assert team.alias("challenger") == str(version.version)
    assert team.alias("champion") is None

    assert not (runner.folder / "data/raw" / TASK).exists()  # it was fetched to be verified, and for nothing else

    production = team.clone("production")
    named = {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "reviewer", "GITHUB_SERVER_URL": "https://github.test"}
    named |= {"GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"}  # the run whose page proves who it was
    team.job("promote", production, VERIFICATION=outputs["record"], REASON="tried", **named)
    assert team.alias("champion") == str(version.version)
    raw = production.folder / "data/raw" / TASK / credit.FILE  # a champion of another encoding is compared by it
    assert raw.read_bytes() == (team.laptop.folder / "data/raw" / TASK / credit.FILE).read_bytes()
    tags = team.client.get_model_version(TASK, version.version).tags
    assert tags["hallmark.promoted_by"].startswith(
        "reviewer (GitHub Actions, as https://github.test/a/b/actions/runs/7"
    )

    stale = {**record, "commit": "0" * 40}
    (production.folder / f".state/verification/{TASK}.json").write_text(json.dumps(stale), encoding="utf-8")
    refused = production.run("pipelines.promote", TASK, "--verified", MLFLOW_TRACKING_URI=team.server)
    assert refused.returncode == 3
    assert "another commit" in " ".join(refused.stdout.split())


def test_raw_data_that_was_too_large_to_be_verified_is_not_pulled_to_promote(team: Team) -> None:
    (step,) = [each["run"] for each in STEPS["promote"]["steps"] if "make pull" in each.get("run", "")]
    runner = team.clone("small runner")
    record = Record(
        TASK, "0" * 40, "0" * 64, not_verified=(UnverifiedStage("prepare", "30 bytes, 20 are there for it"),)
    )
    written = runner.folder / "record.json"
    write_record(record, written)
    env = runner.environment(PYTHONPATH=str(runner.folder / "src"), TASK=TASK)
    env["VERIFICATION"] = written.read_text(encoding="utf-8").strip()
    _done(subprocess.run(["bash", "-e", "-c", step], cwd=runner.folder, env=env, capture_output=True, text=True))

    assert (runner.folder / "data/prepared" / TASK).is_dir()
    assert not (runner.folder / "data/raw" / TASK).exists()


def test_only_what_is_committed_and_locked_can_be_challenged(team: Team) -> None:
    runner = team.clone("challenge")
    _pull(runner)
    table = f"reports/{TASK}/evaluate/predictions.parquet"
    edits = {
        f"params/{TASK}.yaml": f"not as committed: params/{TASK}.yaml",
        table: f"differences from dvc.lock ({table}, MD5 in dvc.lock",
        "dvc.lock": f"dvc.lock tells of {TASK} other than HEAD does",
    }
    before = team.alias("challenger")
    for name, sentence in edits.items():
        path = runner.folder / name
        content = path.read_bytes()
        path.chmod(0o644)
        changed = content.replace(b"size: ", b"size: 1", 1) if name == "dvc.lock" else content + b"\n# edited\n"
        path.write_bytes(changed)
        done = runner.run("pipelines.challenge", TASK, MLFLOW_TRACKING_URI=team.server)
        assert done.returncode == 2
        assert sentence in " ".join(done.stderr.split())
        path.write_bytes(content)

    assert team.alias("challenger") == before


def test_findings_edited_by_hand_do_not_get_past_verification(team: Team) -> None:
    """A blocked verdict, made eligible by an edit of the findings, gate and publish run by hand, and a commit."""
    attacker = team.clone("findings")
    _pull(attacker)
    attacker.edit(f"conf/task/{TASK}.yaml", **{"gate.requirements.ranking": {**EASY, "at_least": 0.99999}})
    _done(attacker.repro(f"gate@{TASK}"))
    assert attacker.json(f"reports/{TASK}/gate/verdict.json")["status"] == "blocked"

    path = attacker.folder / f"reports/{TASK}/evaluate/findings.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    for one in found:
        if (one["check"], one.get("metric")) == ("evaluate.metric", "roc_auc"):
            one.update(estimate=1.0, low=0.999995, high=1.0)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _done(attacker.run("pipelines.gate", TASK))
    _done(attacker.run("pipelines.publish", TASK))
    attacker.commit()
    assert attacker.json(f"reports/{TASK}/gate/verdict.json")["status"] == "eligible"

    done, record = _verify(attacker)
    assert done.returncode == 3, done.stdout + done.stderr
    assert {each["subject"] for each in record["differences"]} == {
        f"evaluate: evaluate.metric of roc_auc, {name}" for name in ("estimate", "low")
    } | {each["subject"] for each in record["differences"] if each["subject"].endswith(", high")}
    refused = attacker.run("pipelines.promote", TASK)
    assert refused.returncode == 3
    lines = " ".join(refused.stdout.split())
    assert f"reports/{TASK}/evaluate/findings.json, MD5 in dvc.lock" in lines


def test_predictions_edited_by_hand_do_not_get_past_verification(team: Team) -> None:
    attacker = team.clone("predictions")
    _pull(attacker)
    path = Layout(TASK, attacker.folder).predictions
    table = predictions.read(path)
    table.loc[table["scorer"] == predictions.MODEL, "mistake"] = 0.0
    path.chmod(0o644)
    predictions.write(table, path)
    for stage in ("bias", "drift", "gate", "publish"):
        _done(attacker.run(f"pipelines.{stage}", TASK))
    attacker.commit()

    done, record = _verify(attacker)
    assert done.returncode == 3
    assert [each["subject"] for each in record["differences"]] == ["digest evidence of what is committed"]


def test_a_committed_ledger_that_counts_another_model_before_this_one_is_seen(team: Team) -> None:
    """As where a model was judged on the same test split in another branch, and its line was merged in front."""
    teammate = team.clone("ledger")
    path = Layout(TASK, teammate.folder).ledger
    (line,) = path.read_text(encoding="utf-8").splitlines()
    earlier = json.loads(line) | {"model": "0" * 64}
    path.write_text(f"{json.dumps(earlier)}\n{line}\n", encoding="utf-8")
    teammate.commit()

    done, record = _verify(teammate)
    assert done.returncode == 3, done.stdout + done.stderr
    differences = {each["subject"]: (each["expected"], each["actual"]) for each in record["differences"]}
    where = "evaluate: evaluate.test_use of models judged on this test split"
    assert differences.pop(f"{where}, reason")[1].startswith("2 distinct models have been judged")
    assert differences == dict.fromkeys((f"{where}, {name}" for name in ("estimate", "low", "high")), ("1", "2"))


def test_raw_data_of_an_unchanged_md5_is_seen(team: Team) -> None:
    """Another content under the same MD5, as a collision gives: in the remote, where DVC takes it by its name."""
    victim = team.clone("collision")
    remote = team.folder / "other remote"
    shutil.copytree(team.remote, remote)
    (stored,) = [path for path in remote.rglob("*") if path.is_file() and path.read_bytes().startswith(b"BILL_AMT1")]
    content = stored.read_bytes()
    stored.chmod(0o644)
    stored.write_bytes(content[:-2] + (b"1" if content[-2:-1] == b"0" else b"0") + content[-1:])

    assert len(stored.read_bytes()) == len(content)

    _done(victim.run("dvc", "remote", "modify", "--local", "storage", "url", str(remote)))
    _done(victim.run("dvc", "remote", "modify", "--local", "storage", "verify", "false"))
    done, record = _verify(victim)
    assert done.returncode == 3, done.stdout + done.stderr
    assert {each["subject"] for each in record["differences"]} == {"digest raw", "digest data"}


def _pull(project: Project) -> None:
    stages = [f"{stage}@{TASK}" for stage in ("prepare", "validate", "train", "evaluate", "bias", "drift")]
    _done(project.run("dvc", "pull", f"data/raw/{TASK}.dvc", *stages))
