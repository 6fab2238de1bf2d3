"""Reading of params/<task>.yaml: the parameters of a task as a typed object, which every stage receives."""

from pathlib import Path
from typing import Any

import yaml

from hallmark.config import mistakes
from hallmark.config.parameters import Parameters, model_of
from hallmark.errors import InputError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> Parameters:
    """Return the parameters in the file `path`, which `configure` wrote.

    Raises `InputError` where the file is missing or no composed configuration, and with every
    mistake in it: it may have been written by another version of the code.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"the composed configuration is missing: {path}") from error

    content: Any = yaml.load(text, Loader=_LOADER)  # noqa: S506 (a safe loader)
    if not isinstance(content, dict) or not isinstance(content.get("system"), str):
        raise InputError(f"{path} is no composed configuration: run `dvc repro` from configure on")
    return parse(content, where=str(path))


def parse(content: dict[str, Any], *, where: str) -> Parameters:
    """Return the parameters of plain `content`, which has a key `system`.

    Raises `InputError` with every mistake; `where` names the source in its sentences.
    """
    parameters, problems = mistakes.check(model_of(content), content)
    mistakes.refuse([mistake.sentence(where) for mistake in problems])
    return parameters
