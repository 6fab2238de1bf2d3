"""Calling an entry of `pipelines/` in this process, as `command.run` does, in the working folder."""

from typing import Any

from hallmark import config
from hallmark.layout import Layout


def call(entry: Any, task: str, **options: Any) -> Any:
    """Call an entry with the parameters and the layout of a task, and return its exit status."""
    layout = Layout(task)
    return entry(config.read(layout.parameters), layout, **options)
