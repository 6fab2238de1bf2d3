"""DVC's experiments: the variables that DVC sets, and the workspace of a queued or temporary one."""

from pathlib import Path

import pytest

from hallmark import experiments
from hallmark.tracking import redaction


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"DVC_EXP_NAME": "vivid-joss", "DVC_EXP_BASELINE_REV": "3fa2"}, "vivid-joss"),
        ({"DVC_EXP_BASELINE_REV": "3fa2"}, "3fa2"),
        ({"DVC_EXP_NAME": "", "DVC_STAGE": "publish@small"}, ""),
    ],
)
def test_an_experiment_has_the_name_that_dvc_gives_it(variables: dict[str, str], expected: str) -> None:
    assert experiments.name(variables) == expected
    assert experiments.is_experiment(variables) == bool(expected)


@pytest.mark.parametrize("clone", ["tmp1a2b", "standalone/tmp1a2b", "tmp1a2b/a/project"])
def test_a_queued_experiment_works_for_the_workspace_around_it(tmp_path: Path, clone: str) -> None:
    folder = tmp_path / "my project/.dvc/tmp/exps" / clone
    folder.mkdir(parents=True)
    assert experiments.workspace(folder) == (tmp_path / "my project").resolve()
    assert experiments.workspace(tmp_path / "my project") == tmp_path / "my project"


def test_its_local_store_of_runs_is_that_of_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = tmp_path / ".dvc/tmp/exps/standalone/tmp1"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert redaction.store_address() == "sqlite:///../../../../../mlflow.db"

    monkeypatch.chdir(tmp_path)
    assert redaction.store_address() == redaction.LOCAL

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    monkeypatch.chdir(folder)
    assert redaction.store_address() == "http://127.0.0.1:5000"
