"""What verification fetches, and where it can't; its whole course is tried in tests/pipeline/test_team.py."""

import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml
from published_task import write_project

from hallmark.contracts.findings import Finding
from hallmark.errors import InputError
from hallmark.verify import lock, stage_runs, storage, verification
from hallmark.verify.evidence_comparison import EvidenceComparison
from hallmark.verify.record import UnverifiedStage
from hallmark.verify.verification import _compare_training, _fetch, _make_raw, verify
from hallmark.verify.workspace import Workspace
from pipelines.verify import in_use, remove_leftovers

RAW = "data/raw/own"
PREPARED = "data/prepared/own"
OTHERS = ["models/own", "reports/own/evaluate/predictions.parquet", "reports/own/evaluate/episodes.parquet"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace("own", tmp_path)
    outs = {"raw": (RAW, 30), "prepare": (PREPARED, 10)}
    stages = {
        f"{stage}@own": {"outs": [{"path": path, "md5": "0" * 32, "size": size}]}
        for stage, (path, size) in outs.items()
    }

    workspace.export.mkdir()
    (workspace.export / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")
    return workspace


@dataclass
class Stored:
    """A cache and a remote: what can't be got, and why; and what was asked for, in this order."""

    reasons: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get(self, folder: Path, path: str) -> str:
        self.asked.append(path)
        return self.reasons.get(path, "")


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Stored:
    stored = Stored()
    monkeypatch.setattr(storage, "fetch", stored.get)
    return stored


def fetch(workspace: Workspace, room: int) -> list[UnverifiedStage]:
    """As verification does, but for the stored addresses: what no cache or remote has is made anew where it can be."""
    not_verified, unfetched = _fetch(workspace, room, lambda _: None)
    if unfetched:
        _make_raw(workspace, unfetched, lambda _: None)
    return not_verified


def test_what_has_room_is_fetched_whole(workspace: Workspace, stored: Stored) -> None:
    assert fetch(workspace, 40) == []
    assert stored.asked == [RAW, *OTHERS]


def test_where_raw_data_has_no_room_prepared_data_stands_as_locked(workspace: Workspace, stored: Stored) -> None:
    (unverified,) = fetch(workspace, 39)
    assert unverified.stage == "prepare"
    assert unverified.reason.startswith("40 bytes for data/raw/own")
    assert stored.asked == [PREPARED, *OTHERS]


def test_where_prepared_data_has_no_room_nothing_can_be_verified(workspace: Workspace, stored: Stored) -> None:
    with pytest.raises(InputError, match=r"data/prepared/own has 10 bytes, and 9 are there for it"):
        fetch(workspace, 9)


@pytest.mark.parametrize("path", [RAW, *OTHERS])
def test_what_nobody_pushed_is_named_with_its_cure(workspace: Workspace, stored: Stored, path: str) -> None:
    entries = yaml.safe_load((workspace.export / "dvc.lock").read_text(encoding="utf-8"))
    del entries["stages"]["raw@own"]  # a person's own data
    (workspace.export / "dvc.lock").write_text(yaml.safe_dump(entries), encoding="utf-8")
    stored.reasons[path] = "no such file in the remote"
    with pytest.raises(InputError, match=rf"{path}, as dvc.lock .* \(no such file in the remote\): `dvc push` it"):
        fetch(workspace, 100)


def test_bundled_raw_data_made_anew_must_be_what_the_lock_names(
    workspace: Workspace, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(stage: str, task: str, *, export: Path, cache: Path) -> str:
        (export / RAW).mkdir(parents=True)
        (export / RAW / "rows.csv").write_text("a,b\n", encoding="utf-8")
        return ""

    stored.reasons[RAW] = "no remote"
    monkeypatch.setattr(stage_runs, "run_stage", make)
    with pytest.raises(InputError, match="made anew here, is .*, and dvc.lock names 0000"):
        fetch(workspace, 100)
    text = (workspace.export / "dvc.lock").read_text(encoding="utf-8")
    named = text.replace("0" * 32, lock.checksum(workspace.export / RAW), 2)
    (workspace.export / "dvc.lock").write_text(named, encoding="utf-8")
    monkeypatch.setattr(stage_runs, "run_stage", lambda *_, **__: "")
    assert fetch(workspace, 100) == []
    monkeypatch.setattr(stage_runs, "run_stage", lambda *_, **__: "no space left")
    with pytest.raises(InputError, match="raw@own of the commit failed: no space left"):
        fetch(workspace, 100)


def test_no_code_of_the_commit_runs_while_the_remotes_passwords_are_there(
    workspace: Workspace, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored.reasons[RAW] = "no remote"
    monkeypatch.setattr(stage_runs, "run_stage", lambda *_, **__: pytest.fail("code ran during the fetch"))
    assert _fetch(workspace, 100, lambda _: None) == ([], "no remote")


def test_a_stage_gets_no_secret_and_no_compiled_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "AWS_SECRET_ACCESS_KEY", "DVC_EXP_NAME", "PYTHONPATH", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    given = stage_runs.environment(tmp_path / "export", tmp_path / "compiled")
    assert "secret" not in given.values()
    assert given["OMP_NUM_THREADS"] == "1"
    assert given["PYTHONPATH"] == str(tmp_path / "export/src")
    assert given["PYTHONPYCACHEPREFIX"] == str(tmp_path / "compiled")


PARITY = {"max_abs_difference": 2e-7, "tolerance": 1e-4, "rows": 32}
TRAINED = Finding(
    check="train.parity", estimate=2e-7, requirement="≤ 1.0e-04", n=32, verdict="pass", reason="It agrees."
)


@pytest.mark.parametrize(
    ("committed", "differs"),
    [
        ([TRAINED], False),
        (
            [
                TRAINED,
                Finding(check="evaluate.metric", metric="top_two_accuracy", estimate=0.999, low=0.998, high=1.0, n=9),
            ],
            True,
        ),
        ([], True),
        ([replace(TRAINED, verdict="fail")], True),
        ([replace(TRAINED, estimate=1e-9)], True),
        ([replace(TRAINED, n=33)], True),
        ([replace(TRAINED, low=0.0, high=0.0)], True),
    ],
)
def test_training_found_what_its_package_says_and_nothing_else(committed: list[Finding], differs: bool) -> None:
    comparison = EvidenceComparison()
    _compare_training(committed, PARITY, comparison)
    assert bool(comparison.differences) == differs


def test_code_of_the_commit_runs_only_after_the_passwords_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    scratch = tmp_path / "scratch"
    here.mkdir()
    scratch.mkdir()
    for arguments in (["git", "init", "--quiet"], [sys.executable, "-m", "dvc", "init", "--quiet"]):
        subprocess.run(arguments, cwd=here, check=True)
    write_project(here)
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", "add", "--force", "reports", "params", "dvc.yaml", "conf"], cwd=here, check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "--message", "judged"], cwd=here, check=True)
    local = scratch / "export/.dvc/config.local"
    lay_there = []

    def fetch(*_: object) -> tuple[list[UnverifiedStage], str]:
        lay_there.append(local.exists())
        return [], ""

    def run_code(*_: object) -> None:
        lay_there.append(local.exists())
        raise InputError("the end of this test")

    monkeypatch.setattr(verification, "_fetch", fetch)
    monkeypatch.setattr(stage_runs, "require_own_code", run_code)
    with pytest.raises(InputError, match="the end of this test"):
        verify("small", here, scratch, tell=lambda _: None)
    assert lay_there == [True, False]


def test_what_killed_verifications_of_any_task_left_goes_and_no_other(tmp_path: Path) -> None:
    for task in ("killed", "running"):
        (tmp_path / task / "export/a project/.dvc").mkdir(parents=True)
        (tmp_path / task / "export/a project/.dvc/config.local").write_text("password = secret", encoding="utf-8")

    with in_use(tmp_path / "running") as is_free:
        assert is_free
        remove_leftovers(tmp_path)
        assert not (tmp_path / "killed").exists()
        assert (tmp_path / "running/export/a project/.dvc/config.local").exists()
        with in_use(tmp_path / "running") as is_free_again:
            assert not is_free_again

    remove_leftovers(tmp_path)
    assert not (tmp_path / "running").exists()
