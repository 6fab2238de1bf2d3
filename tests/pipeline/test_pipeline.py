"""The shipped pipeline, shrunk: every stage for real, with the network forbidden, twice; then a promotion."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from project import Project

pytestmark = pytest.mark.pipeline

SMALL: dict[str, dict[str, Any]] = {
    "image": {"train.epochs": 25, "train.network.width": 16, "drift.n_permutations": 60},
    "language": {
        "raw.libraries": ["networkx", "pandas"],
        "raw.library_characters": 60000,
        "prepare.reading.vocabulary": 400,
        "train.epochs": 1,
        "train.network": {"width": 32, "depth": 1, "memory": 1024},
        "evaluate.diagnostics": {"samples": 6, "tokens": 24},
        "drift.n_permutations": 60,
        "validate.minimum_per_group": 5,
        "validate.expectations.enough_windows.arguments.min_value": 100,
        "validate.expectations.libraries.arguments.value_set": ["networkx", "pandas"],
    },
    "recommendation": {
        "raw.users": 600,
        "raw.items": 150,
        "train.epochs": 2,
        "train.network.width": 16,
        "train.network.rank": 16,
        "drift.n_permutations": 60,
        "validate.minimum_per_group": 20,
        "validate.expectations.enough_rows.arguments.min_value": 500,
    },
    "speech": {
        "raw.speakers": 60,
        "raw.clips": 6,
        "train.epochs": 4,
        "train.network.width": 32,
        "train.network.depth": 2,
        "drift.n_permutations": 60,
        "validate.minimum_per_group": 5,
        "validate.expectations.all_clips.arguments.value": 360,
        "validate.expectations.all_speakers.arguments": {"column": "entity", "min_value": 60, "max_value": 60},
    },
    "fraud": {
        "raw.customers": 1500,
        "raw.terminals": 800,
        "raw.days": 140,
        "prepare.reading.history.warm_up": 14,
        "train.epochs": 2,
        "train.network.width": 16,
        "drift.n_permutations": 60,
        "validate.minimum_per_group": 20,
        "validate.minimum_per_class": 1,
        "validate.expectations.enough_transactions.arguments.min_value": 1000,
    },
    "robotics": {
        "raw.episodes": 600,
        "raw.steps": 80,
        "train.epochs": 4,
        "train.network.width": 32,
        "evaluate.diagnostics": {"starts": 1, "steps": 80},
        "drift.n_permutations": 60,
        "validate.minimum_per_group": 20,
        "validate.expectations.enough_steps.arguments.min_value": 1000,
    },
    "medical": {
        "raw.patients": 200,
        "train.epochs": 3,
        "train.network.width": 4,
        "drift.n_permutations": 60,
        "validate.minimum_per_group": 5,
        "validate.minimum_per_class": 1,
        "validate.expectations.enough_scans.arguments.min_value": 100,
    },
}
STAGES = ["validate", "train", "evaluate", "bias", "drift", "gate"]


@pytest.fixture(scope="module")
def shrunk(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy(tmp_path_factory.mktemp("pipeline") / "a fresh copy")
    for task, changes in SMALL.items():
        project.edit(f"conf/task/{task}.yaml", **changes)
    project.commit()
    done = project.repro()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return project


def contents(project: Project) -> dict[str, str]:
    """A digest of every file that the run made, MLflow's store and DVC's own files aside."""
    made = [path for top in ("params", "data", "models", "reports") for path in (project.folder / top).rglob("*")]
    files = [path for path in made if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("task", SMALL)
def test_every_stage_leaves_its_evidence(shrunk: Project, task: str) -> None:
    for stage in STAGES:
        assert shrunk.json(f"reports/{task}/{stage}/findings.json"), stage

    verdict = shrunk.json(f"reports/{task}/gate/verdict.json")
    assert verdict["status"] in {"eligible", "needs review", "blocked"}
    assert set(verdict["digests"]) == {
        "model",
        "served",
        "raw",
        "data",
        "configuration",
        "code",
        "environment",
        "evidence",
    }
    assert sorted(path.name for path in (shrunk.folder / "models" / task).iterdir()) == [
        "answers.py",
        "model.onnx",
        "package.json",
        "trained_on.safetensors",
        "weights.safetensors",
    ]


def test_nothing_phones_home(shrunk: Project) -> None:
    assert shrunk.network() == []


def test_the_watch_would_have_seen_a_call(shrunk: Project) -> None:
    code = (
        "import urllib.request as u; u.urlopen('http://192.0.2.1/', timeout=1)"  # an address of RFC 5737, for documents
    )
    (shrunk.folder / "call.py").write_text(code, encoding="utf-8")
    log = str(shrunk.folder / "other.log")
    assert shrunk.run("call", HALLMARK_NETWORK_LOG=log).returncode != 0
    assert Path(log).read_text() == "192.0.2.1\n"


def test_a_second_run_runs_nothing_and_changes_nothing(shrunk: Project) -> None:
    assert shrunk.repro().returncode == 0  # whatever another test has edited
    before = contents(shrunk)
    done = shrunk.repro()
    assert done.returncode == 0
    assert "Running stage" not in done.stdout
    assert contents(shrunk) == before


def test_a_gate_threshold_reruns_only_the_gate_and_what_follows(shrunk: Project) -> None:
    assert shrunk.repro().returncode == 0
    shrunk.edit("conf/task/image.yaml", **{"gate.requirements.accuracy.at_least": 0.2})
    done = shrunk.repro()
    assert done.returncode == 0, done.stderr
    ran = [line.split("'")[1] for line in done.stdout.splitlines() if line.startswith("Running stage")]
    assert sorted(ran) == [*(f"configure@{task}" for task in sorted(SMALL)), "gate@image", "publish@image"]


def test_promotion_follows_the_verdict(shrunk: Project) -> None:
    impossible = {"gate.requirements.accuracy.at_least": 0.9999}
    shrunk.edit("conf/task/image.yaml", **impossible)
    assert shrunk.repro("publish@image").returncode == 0

    refused = shrunk.run("pipelines.promote", "image")
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr

    shrunk.ease_gate("image")
    assert shrunk.repro("publish@image").returncode == 0

    promoted = shrunk.run("pipelines.promote", "image")
    assert promoted.returncode == 0, promoted.stdout + promoted.stderr
    assert "champion" in promoted.stdout + promoted.stderr
