"""DVC's experiments: whether this process belongs to one, and for which workspace it runs."""

from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(".dvc/tmp/exps")  # in a workspace: where DVC runs its queued and temporary experiments
_NAME, _BASELINE = "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"  # DVC sets one of them in each form of experiment


def is_experiment(environment: Mapping[str, str]) -> bool:
    """Return whether a process with these variables belongs to a DVC experiment."""
    return any(environment.get(variable) for variable in (_NAME, _BASELINE))


def name(environment: Mapping[str, str]) -> str:
    """Return the experiment's name, or the commit it began with where it has none yet; "" without an experiment."""
    return environment.get(_NAME) or environment.get(_BASELINE) or ""


def workspace(folder: Path) -> Path:
    """Return the folder of the project to which the work in `folder` belongs.

    That is `folder` itself, but for a queued or temporary experiment: DVC runs it in a clone inside
    the workspace, and removes that clone when it is done.
    """
    here = folder.resolve()
    for parent in here.parents:
        if here.is_relative_to(parent / _FOLDER):
            return parent
    return folder
