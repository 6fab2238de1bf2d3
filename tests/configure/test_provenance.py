"""What `make config` shows: each value with the file that it comes from, and the files in Hydra's order."""

import shutil
import sys
from pathlib import Path

import pytest
from imports import ROOT

from hallmark import command
from pipelines import composed


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    for name in ("SET", "INFO"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], task: str = "image") -> list[str]:
    """Return the lines that the entry prints, with single blanks."""
    monkeypatch.setattr(sys, "argv", ["composed", task])
    with pytest.raises(SystemExit) as ended:
        command.run_unconfigured("composed", composed.main)
    assert ended.value.code == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("project")
def test_each_value_is_shown_with_the_file_that_it_comes_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(monkeypatch, capsys)
    for line in (
        "system: image # conf/tasks.yaml",
        "seed: 7 # conf/config.yaml",
        "train.epochs: 60 # conf/task/image.yaml",
        "train.pack: null # conf/train/default.yaml",
        "train.network.width: 32 # conf/network/convolutional_wide.yaml",
        "train.network.dropout: 0.0 # conf/network/convolutional.yaml",
        "train.optimizer.fused: true # conf/optimizer/adamw.yaml",
        "train.callbacks.early_stopping.patience: 20 # conf/task/image.yaml",
        "decision.unit: mistakes # the code's default",
        "gate.requirements.rule.metric: accuracy # conf/gate/default.yaml, ${evaluate.primary_metric}",
        "gate.requirements.accuracy.at_least: 0.9 # conf/task/image.yaml",
        "bias.groups: [stroke, placement] # conf/task/image.yaml",
    ):
        assert line in lines, line


def test_overrides_are_shown_and_not_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = (project / "conf/overrides.yaml").read_bytes()
    monkeypatch.setenv("SET", "optimizer=sgd train.epochs=5")
    lines = shown(monkeypatch, capsys)
    assert "train.epochs: 5 # the override train.epochs=5" in lines
    assert "train.optimizer.lr: 0.05 # conf/optimizer/sgd.yaml" in lines
    assert (project / "conf/overrides.yaml").read_bytes() == written


@pytest.mark.usefixtures("project")
def test_an_option_of_a_group_that_is_a_section_is_no_override_of_its_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SET", "drift=sensitive gate=high_stakes drift.max_rows=7")
    lines = shown(monkeypatch, capsys)
    for line in (
        "drift.alpha: 0.05 # conf/drift/default.yaml",
        "drift.min_effect_size: 0.1 # conf/drift/sensitive.yaml",
        "drift.max_rows: 7 # the override drift.max_rows=7",
        "gate.requirements.signature.check: gate.signature # conf/gate/high_stakes.yaml",
        "gate.requirements.accuracy.at_least: 0.9 # conf/task/image.yaml",
    ):
        assert line in lines, line


@pytest.mark.usefixtures("project")
def test_of_several_overrides_the_last_that_states_a_value_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SET", "train.epochs=3 train.epochs=5 'train.optimizer={lr: 0.1}' train.optimizer.lr=0.2")
    lines = shown(monkeypatch, capsys)
    for line in (
        "train.epochs: 5 # the override train.epochs=5",
        "train.optimizer.lr: 0.2 # the override train.optimizer.lr=0.2",
        "train.optimizer.weight_decay: 0.05 # conf/optimizer/adamw_few_examples.yaml",
    ):
        assert line in lines, line


@pytest.mark.usefixtures("project")
def test_the_files_are_shown_in_hydras_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INFO", "defaults")
    monkeypatch.setenv("SET", "experiment=averaged_sgd")
    lines = shown(monkeypatch, capsys)
    assert lines[0] == "conf/validate/default.yaml validate taken by config"
    assert "conf/optimizer/sgd.yaml train.optimizer taken by config" in lines
    assert lines[-3:] == [
        "conf/system/image.yaml everything taken by config",
        "conf/task/image.yaml everything taken by config",
        "conf/experiment/averaged_sgd.yaml everything taken by config",
    ]
    assert len(lines) == len(set(lines))


@pytest.mark.usefixtures("project")
def test_other_information_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("INFO", "all")
    monkeypatch.setattr(sys, "argv", ["composed", "image"])
    with pytest.raises(SystemExit) as ended:
        command.run_unconfigured("composed", composed.main)
    assert ended.value.code == 2
    assert "INFO is 'all': it is empty, or defaults" in capsys.readouterr().err
