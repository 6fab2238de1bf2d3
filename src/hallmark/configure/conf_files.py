"""The YAML files of conf/: their paths, their names in sentences, and their content before composition."""

from pathlib import Path
from typing import Any

import yaml

# Every scalar stays text: a date or number that can't be parsed would hide the rest of its file
# from the checks.
_TEXT_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_VALUE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def yaml_files(conf: Path) -> list[Path]:
    """Return the paths of all YAML files below `conf`, sorted."""
    return sorted((*conf.rglob("*.yaml"), *conf.rglob("*.yml")))


def display_name(conf: Path, path: Path) -> str:
    """Return a file's name for sentences: conf/task/image.yaml."""
    return f"{conf.name}/{path.relative_to(conf).as_posix()}"


def load_texts(path: Path) -> Any:
    """Return a file's content as mappings, lists and texts; a number or Boolean is its text.

    No reference is resolved. Raises PyYAML's errors, and `ValueError` on bytes that are not UTF-8.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_TEXT_LOADER)  # noqa: S506 (it makes text alone)


def load_values(path: Path) -> Any:
    """Return a file's content as plain data, with its numbers and Booleans.

    No reference is resolved.
    """
    return parse_value(path.read_text(encoding="utf-8"))


def parse_value(text: str) -> Any:
    """Return the value that YAML reads from a text.

    Raises PyYAML's errors, and `ValueError` on a number or date that Python can't represent.
    """
    return yaml.load(text, Loader=_VALUE_LOADER)  # noqa: S506 (a safe loader)
