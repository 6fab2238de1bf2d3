from pathlib import Path

import pytest
from project import Add, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy of the project, in a folder whose name has a space."""
    return Project.copy(tmp_path / "a fresh copy")


@pytest.fixture
def own_task(project: Project) -> Add:
    """Adds a task of docs/examples as a person would: its YAML file, its name in tasks.yaml, a folder for its files."""

    def add(task: str, system: str, **answer: str) -> Path:
        example = project.folder / "docs/examples" / f"{task}.yaml"
        (project.folder / "conf/task" / f"{task}.yaml").write_bytes(example.read_bytes())
        project.edit("conf/tasks.yaml", **{f"tasks.{task}": {"system": system, **answer}})
        raw = project.folder / "data/raw" / task
        raw.mkdir(parents=True)
        return raw

    return add
