"""The gate as a stage: what it reads, writes and prints."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import small_task
from entries import exit_status
from omegaconf import OmegaConf

from hallmark import extensions
from hallmark.contracts import summaries, verdicts
from hallmark.contracts.package import Package, write_manifest
from pipelines import gate

REQUIREMENTS: dict[str, dict[str, object]] = {
    "accuracy": {"check": "evaluate.metric", "metric": "accuracy", "at_least": 0.9, "at_most": None},
    "drift": {"check": "drift.column", "failed": "review", "unresolved": "review"},
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("src/hallmark", "pipelines", "params"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("numpy==2.4.6\n")
    _require(tmp_path, REQUIREMENTS)
    small_task.write_task(tmp_path)
    return tmp_path


def _require(root: Path, requirements: Mapping[str, object]) -> None:
    OmegaConf.save(
        small_task.PARAMETERS | {"gate": {"champion": {"at_least": -0.5}, "requirements": requirements}},
        root / "params/small.yaml",
    )


def status(monkeypatch: pytest.MonkeyPatch) -> int:
    return exit_status(monkeypatch, "gate", gate.main)


@pytest.mark.parametrize(("at_least", "verdict"), [(0.9, "eligible"), (0.92, "needs review"), (0.99, "blocked")])
def test_it_exits_0_whatever_the_verdict(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], at_least: float, verdict: str
) -> None:
    _require(project, REQUIREMENTS | {"accuracy": REQUIREMENTS["accuracy"] | {"at_least": at_least}})
    assert status(monkeypatch) == 0
    assert json.loads((project / "reports/small/gate/verdict.json").read_text())["status"] == verdict
    assert json.loads((project / "reports/small/gate/findings.json").read_text())[0]["case"] == verdict
    assert json.loads((project / "reports/small/gate/summary.json").read_text())["status"] == verdict
    shown = capsys.readouterr().out
    assert "0.931 [0.912, 0.947]" in shown
    assert "accuracy, site=b: -0.01 [-0.03, 0.01]" in shown


def test_a_sealed_test_split_gives_no_verdict(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = small_task.PARAMETERS["evaluate"] | {"test": False}
    OmegaConf.save(small_task.PARAMETERS | {"evaluate": evaluation}, project / "params/small.yaml")
    assert status(monkeypatch) == 0

    written = verdicts.read(project / "reports/small/gate/verdict.json")
    assert (written.status, written.judged) == ("not judged", ())
    assert set(written.digests) >= {"model", "data", "code"}
    assert summaries.read(project / "reports/small/gate/summary.json").model.estimate is None
    shown = " ".join(capsys.readouterr().out.split())
    assert "○ not judged: the test split stays sealed (evaluate.test is false)" in shown


def test_it_names_what_it_judged_and_writes_the_same_bytes_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(monkeypatch) == 0
    once = (project / "reports/small/gate/verdict.json").read_bytes()
    assert json.loads(once)["digests"]["model"] == Package.load(project / "models/small").digest
    named = {"model", "served", "raw", "data", "configuration", "code", "environment", "evidence"}
    assert set(json.loads(once)["digests"]) == named
    assert status(monkeypatch) == 0
    assert (project / "reports/small/gate/verdict.json").read_bytes() == once


@pytest.mark.parametrize(
    "missing",
    ["reports/small/bias/findings.json", "reports/small/evaluate/scorers.csv", "dvc.yaml", "params/small.yaml"],
)
def test_a_missing_file_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    (project / missing).unlink()
    assert status(monkeypatch) == 2
    assert missing in capsys.readouterr().err


def test_answers_of_other_code_get_no_verdict(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = project / "models/small"
    (package / "answers.py").write_text((package / "answers.py").read_text() + "\n# mine\n")
    write_manifest(package, json.loads((package / "package.json").read_text()))
    assert status(monkeypatch) == 2
    assert "answers.py is not the module hallmark/answers/classes/decoding.py" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not (project / "reports/small/gate/verdict.json").exists()


@pytest.mark.parametrize("is_link", [True, False])
def test_what_no_stage_wrote_gets_no_verdict(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_link: bool
) -> None:
    path = project / "reports/small/evaluate/figures/notes.txt" if is_link else project / "reports/small/review.html"
    path.symlink_to(project / "dvc.yaml") if is_link else path.write_text("<h1>All requirements met</h1>")
    assert status(monkeypatch) == 2
    sentence = " ".join(capsys.readouterr().err.split())
    assert ("figures/notes.txt is a link" if is_link else "review.html is no output of a stage") in sentence
    path.unlink()
    assert status(monkeypatch) == 0


def test_a_file_of_the_task_s_own_that_has_changed_since_configure_is_not_judged(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own_file = project / "extensions/small/own.py"
    own_file.parent.mkdir(parents=True)
    own_file.write_text("WIDTH = 3\n", encoding="utf-8")
    train = small_task.PARAMETERS["train"] | {"network": {"_target_": "extensions.small.own.Net"}}
    digest = extensions.digest_of(["extensions.small.own.Net"], "small", project)
    changed = small_task.PARAMETERS | {"train": train, "extensions": {"train": digest}}
    OmegaConf.save(changed, project / "params/small.yaml")
    assert status(monkeypatch) == 0
    with_own_file = verdicts.read(project / "reports/small/gate/verdict.json").digests["code"]

    own_file.write_text("WIDTH = 4\n", encoding="utf-8")
    assert status(monkeypatch) == 2
    assert "extensions.small.own.Net, or a file that it imports, has changed" in capsys.readouterr().err
    assert verdicts.read(project / "reports/small/gate/verdict.json").digests["code"] == with_own_file
