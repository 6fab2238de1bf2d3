"""The stages that dvc.yaml declares, as DVC itself resolves them."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any


def declared_outputs() -> dict[str, set[str]] | None:
    """Return the paths of each stage's outputs in dvc.yaml, by the stage's name; None where it
    can't be read.
    """
    stages = resolved_stages(Path())
    if stages is None:
        return None
    return {name: set(_outputs(stage)) for name, stage in stages.items()}


def declared_paths(stage: dict[str, Any]) -> set[str]:
    """Return the paths of a stage's dependencies and outputs, spelled as in dvc.lock.

    `stage` is a value of what `resolved_stages` returns.
    """
    paths = [*map(str, stage.get("deps", [])), *_outputs(stage)]
    return {PurePosixPath(path).as_posix() for path in paths}


def resolved_stages(root: Path) -> dict[str, Any] | None:
    """Return the stages of dvc.yaml in `root`, by name (`prepare@image`), with its templates and
    variables filled in.

    None where DVC can't read dvc.yaml.
    """
    from dvc.dvcfile import ProjectFile  # imported here, since it takes 1 s and most locks are settled before
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    folder = root.absolute()
    try:
        with Repo(str(folder), uninitialized=True) as repo:
            stages: dict[str, Any] = ProjectFile(repo, str(folder / "dvc.yaml")).resolver.resolve()["stages"]
    except (DvcException, OSError, KeyError):
        return None
    return stages


def _outputs(stage: dict[str, Any]) -> Iterator[str]:
    """Yield the paths of a stage's outputs. dvc.yaml lists each as a path, or as a mapping of a
    path to options.
    """
    for section in ("outs", "metrics", "plots"):
        for output in stage.get(section, []):
            if isinstance(output, dict):
                yield from output
            else:
                yield str(output)
