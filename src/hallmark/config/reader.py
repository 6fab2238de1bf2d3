"""The composed parameters of a task as a typed object: what every stage reads."""

from pathlib import Path
from typing import Any

import yaml

from hallmark.config import mistakes
from hallmark.config.parameters import Parameters, parameters_model
from hallmark.errors import InputError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> Parameters:
    """Return the parameters that `configure` wrote to `path`.

    Raises `InputError` where there are none, and with every key that the code here would not take.
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
    """Return the parameters that plain `content` makes. Raises `InputError` with every mistake, in `where`."""
    parameters, problems = mistakes.check(parameters_model(content["system"]), content)
    mistakes.refuse([mistake.sentence(where) for mistake in problems])
    return parameters
