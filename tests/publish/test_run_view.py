"""The run shows what the files say: its parameters are those that `configure` wrote."""

import pytest
import yaml
from imports import ROOT

from hallmark import config
from hallmark.configure.task_list import read_tasks
from hallmark.layout import Layout


@pytest.mark.parametrize("task", read_tasks(ROOT / "conf/tasks.yaml"))
def test_typed_parameters_are_those_of_the_file_key_by_key(task: str) -> None:
    path = Layout(task, ROOT).parameters
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    typed = config.read(path).model_dump()
    assert yaml.safe_dump(typed, sort_keys=False) == yaml.safe_dump(written, sort_keys=False)
