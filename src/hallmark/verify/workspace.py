"""The folders in which a verification works."""

from dataclasses import dataclass
from pathlib import Path

from hallmark.layout import Layout


@dataclass(frozen=True)
class Workspace:
    """The folders of one verification, below `scratch`."""

    task: str
    scratch: Path
    prefix: str = ""  # the project's folder within its repository, ending with /; "" at the root

    @property
    def clone(self) -> Path:
        """A clone of the whole repository at the commit; the project may be a folder of it."""
        return self.scratch / "export"

    @property
    def export(self) -> Path:
        """The project within the clone; its stages run here."""
        return self.clone / self.prefix

    @property
    def made(self) -> Layout:
        """The files of the export, which the stages write again."""
        return Layout(self.task, self.export)

    @property
    def committed(self) -> Layout:
        """A copy of the committed parameters and reports, and of the predictions and episodes as
        locked.
        """
        return Layout(self.task, self.scratch / "committed")

    @property
    def cache(self) -> Path:
        """Python's compiled code, empty at first (see `stage_runs.environment`)."""
        return self.scratch / "compiled"
