"""`dvc exp run -S conf/task/<task>.yaml:key=value`: DVC edits the file, and `configure` composes what it left."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import apply_overrides
from imports import ROOT

from hallmark.configure.composition import compose_task
from hallmark.configure.task_list import read_tasks

CONF = ROOT / "conf"
TASKS = read_tasks(CONF / "tasks.yaml")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"dvc exp run[^`\n]*? -S '?(conf/task/(\w+)\.yaml):([^'`\s]+)'?")
DOCUMENTED = sorted({match.groups()[1:] for page in PAGES for match in COMMAND.finditer(page.read_text())})


def composed(conf: Path, task: str) -> dict[str, Any]:
    return compose_task(conf, task, system=TASKS[task].system).model_dump()


def edited(conf: Path, task: str, override: str) -> dict[str, Any]:
    """What a task composes to once DVC has set a key of its file."""
    apply_overrides(conf / "task" / f"{task}.yaml", [override])
    return composed(conf, task)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONF, tmp_path / "conf"))


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_key_of_the_file_and_one_beside_it_can_be_set(conf: Path, task: str) -> None:
    expected = composed(CONF, task)
    comments = (conf / "task" / f"{task}.yaml").read_text(encoding="utf-8").count("#")
    comments -= task == "medical"  # DVC drops the one behind an entry of a defaults list

    expected["about"]["title"] = "Another title"
    assert edited(conf, task, "about.title=Another title") == expected
    expected["drift"]["max_rows"] = 5000
    assert edited(conf, task, "++drift.max_rows=5000") == expected
    assert (conf / "task" / f"{task}.yaml").read_text(encoding="utf-8").count("#") == comments


@pytest.mark.parametrize("task", TASKS)
def test_the_epochs_can_be_set_by_their_plain_key_in_every_task(conf: Path, task: str) -> None:
    expected = composed(CONF, task)
    expected["train"]["epochs"] = 5
    assert edited(conf, task, "train.epochs=5") == expected


def test_the_documentation_shows_such_commands() -> None:
    assert len(DOCUMENTED) >= 2


@pytest.mark.parametrize(("task", "override"), DOCUMENTED)
def test_a_command_of_the_documentation_works(conf: Path, task: str, override: str) -> None:
    assert edited(conf, task, override) != composed(CONF, task)
