"""The composed parameters of a shipped task with changes, for stages that run in a folder of their own."""

from pathlib import Path
from typing import Any

from imports import ROOT
from omegaconf import OmegaConf


def write(path: Path, base: str = "image", **changes: Any) -> None:
    """Write the parameters of the task `base` to `path`, with values by dotted key, where __ stands for each dot."""
    values = OmegaConf.load(ROOT / "params" / f"{base}.yaml")
    for key, value in changes.items():
        OmegaConf.update(values, key.replace("__", "."), value, merge=False, force_add=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(values, path)
