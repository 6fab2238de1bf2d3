"""What is asked of a registry that answers without end."""

from dataclasses import dataclass, field

import pytest
from mlflow.entities import FileInfo

from hallmark.errors import InputError
from hallmark.tracking import model_registry as registry


@dataclass
class Endless:
    """A store in which each folder holds one folder more."""

    asked: list[str | None] = field(default_factory=list)

    def list_artifacts(self, path: str | None) -> list[FileInfo]:
        self.asked.append(path)
        return [FileInfo(f"{path or 'root'}/deeper", True, None)]


def test_a_folder_within_each_folder_ends() -> None:
    store = Endless()
    with pytest.raises(InputError, match="more than 1,000 files and folders"):
        registry._list_files(store)
    assert len(store.asked) == registry.MOST_FILES + 1
