"""The gate as a stage: what it reads, writes and prints."""

import json
import sys

import pytest
import small_task
from omegaconf import OmegaConf

from hallmark import command
from hallmark.contracts.package import Package, write_manifest
from pipelines import gate

REQUIREMENTS = {
    "accuracy": {"check": "evaluate.metric", "metric": "accuracy", "at_least": 0.9, "at_most": None},
    "drift": {"check": "drift.column", "failed": "review", "unresolved": "review"},
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gate", "small"])
    for folder in ("src/hallmark", "pipelines", "params"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("numpy==2.4.6\n")
    _require(tmp_path, REQUIREMENTS)
    small_task.write_task(tmp_path)
    return tmp_path


def _require(root, requirements):
    OmegaConf.save(
        small_task.PARAMETERS | {"gate": {"champion": {"at_least": -0.5}, "requirements": requirements}},
        root / "params/small.yaml",
    )


def status() -> int:
    with pytest.raises(SystemExit) as ended:
        command.run("gate", gate.main)
    return int(ended.value.code)


@pytest.mark.parametrize(("at_least", "verdict"), [(0.9, "eligible"), (0.92, "needs review"), (0.99, "blocked")])
def test_it_exits_0_whatever_the_verdict(project, capsys, at_least, verdict):
    _require(project, REQUIREMENTS | {"accuracy": REQUIREMENTS["accuracy"] | {"at_least": at_least}})
    assert status() == 0
    assert json.loads((project / "reports/small/gate/verdict.json").read_text())["status"] == verdict
    assert json.loads((project / "reports/small/gate/findings.json").read_text())[0]["case"] == verdict
    assert json.loads((project / "reports/small/gate/summary.json").read_text())["status"] == verdict
    shown = capsys.readouterr().out
    assert "0.931 [0.912, 0.947]" in shown
    assert "accuracy, site=b: -0.01 [-0.03, 0.01]" in shown


def test_it_names_what_it_judged_and_writes_the_same_bytes_again(project):
    assert status() == 0
    once = (project / "reports/small/gate/verdict.json").read_bytes()
    assert json.loads(once)["digests"]["model"] == Package.load(project / "models/small").digest
    named = {"model", "served", "raw", "data", "configuration", "code", "environment", "evidence"}
    assert set(json.loads(once)["digests"]) == named
    assert status() == 0
    assert (project / "reports/small/gate/verdict.json").read_bytes() == once


@pytest.mark.parametrize(
    "missing",
    ["reports/small/bias/findings.json", "reports/small/evaluate/scorers.csv", "dvc.yaml", "params/small.yaml"],
)
def test_a_missing_file_is_named(project, capsys, missing):
    (project / missing).unlink()
    assert status() == 2
    assert missing in capsys.readouterr().err


def test_answers_of_other_code_get_no_verdict(project, capsys):
    package = project / "models/small"
    (package / "answers.py").write_text((package / "answers.py").read_text() + "\n# mine\n")
    write_manifest(package, json.loads((package / "package.json").read_text()))
    assert status() == 2
    assert "answers.py is not the module hallmark/answers/classes/decoding.py" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not (project / "reports/small/gate/verdict.json").exists()


@pytest.mark.parametrize("is_link", [True, False])
def test_what_no_stage_wrote_gets_no_verdict(project, capsys, is_link):
    path = project / "reports/small/evaluate/figures/notes.txt" if is_link else project / "reports/small/review.html"
    path.symlink_to(project / "dvc.yaml") if is_link else path.write_text("<h1>All requirements met</h1>")
    assert status() == 2
    sentence = " ".join(capsys.readouterr().err.split())
    assert ("figures/notes.txt is a link" if is_link else "review.html is no output of a stage") in sentence
    path.unlink()
    assert status() == 0
