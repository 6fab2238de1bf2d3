"""Calling an entry of `pipelines/` in this process, in the working folder."""

from collections.abc import Callable
from typing import Any

import pytest

from hallmark import command, config
from hallmark.config import Parameters
from hallmark.layout import Layout


def call(entry: Any, task: str, **options: Any) -> Any:
    """Call an entry with the parameters and the layout of a task, and return its exit status."""
    layout = Layout(task)
    return entry(config.read(layout.parameters), layout, **options)


def exit_status(
    monkeypatch: pytest.MonkeyPatch, stage: str, entry: Callable[[Parameters, Layout], int | None], task: str = "small"
) -> int:
    """Run an entry as its command does, mistakes included, and return the exit status."""
    monkeypatch.setattr("sys.argv", [stage, task])
    with pytest.raises(SystemExit) as ended:
        command.run(stage, entry)

    status = ended.value.code
    assert isinstance(status, int)
    return status
