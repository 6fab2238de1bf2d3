"""The files of conf/ that one task is composed of, in the order in which each overrides those before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from hallmark.configure.package_headers import HYDRA_SECTION


@dataclass(frozen=True)
class ComposedFile:
    """A file that Hydra composes: its path below conf/, the section that it fills, and the file whose
    defaults list takes it ("" for conf/config.yaml).
    """

    path: PurePosixPath
    package: tuple[str, ...]
    taken_by: str


def composed_files(overrides: Sequence[str]) -> list[ComposedFile]:
    """Return the files of a composition, from within `hydra.initialize_config_dir`."""
    return list(_composed_files(overrides))


def _composed_files(overrides: Sequence[str]) -> Iterator[ComposedFile]:
    loader = GlobalHydra.instance().config_loader()
    for entry in loader.compute_defaults_list("config", [*overrides], RunMode.RUN).defaults:
        path = str(entry.config_path)
        if path.split("/")[0] == HYDRA_SECTION:  # of Hydra itself
            continue
        package = tuple(name for name in (entry.package or "").split(".") if name)
        parent = "" if entry.parent in (None, "<root>") else str(entry.parent)
        is_own_entry = parent == path  # an option that lists others is named twice
        yield ComposedFile(PurePosixPath(f"{path}.yaml"), package, "" if is_own_entry else parent)
