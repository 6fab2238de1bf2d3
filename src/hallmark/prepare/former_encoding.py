"""The encoding of a former model: today's raw data as it reads them, in today's rows, splits, labels and groups."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hallmark.config import mistakes
from hallmark.config import reading as config
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.prepare.preparation import prepare_examples, record_reading
from hallmark.systems.system import Reading


def prepare_for_encoding(
    encoding: Mapping[str, Any],
    folder: Path,
    *,
    section: Mapping[str, Any],
    reading: Reading,
    schema: type[config.Reading],
    seed: int,
) -> Examples:
    """Return the examples of the raw `folder` with the arrays that a package of this `encoding` takes.

    `section` is today's configuration of prepare, `reading` the system's part of that name, and `schema` the class
    `Reading` of its part `config`. Raises `InputError` where the encoding does not say how its inputs were read, where
    today's data don't fit it, and where there is no raw data.
    """
    recorded = encoding.get("reading")
    if not isinstance(recorded, Mapping) or set(recorded) != set(reading.INPUTS):
        raise InputError(f"the encoding must hold the keys {list(reading.INPUTS)} under 'reading'")
    if not folder.is_dir():
        raise InputError(f"the raw data is not at hand: there is no folder {folder}")

    parameters = _typed_section({**section["reading"], **recorded}, schema)
    raw = reading.read(folder, parameters)

    encode = partial(reading.encode, encoding=encoding) if reading.encode else None
    prepared = prepare_examples(raw, seed=seed, **section["split"], encode=encode)
    return record_reading(prepared, parameters, reading.INPUTS)


def _typed_section(keys: Mapping[str, Any], schema: type[config.Reading]) -> config.Reading:
    """Return the section with the types of the system's configuration: a package's are read from a file."""
    section, problems = mistakes.check(schema, dict(keys))
    if problems:
        sentences = "; ".join(problem.sentence("prepare.reading") for problem in problems)
        raise InputError(f"what the encoding says of its inputs does not fit today's configuration: {sentences}")
    return section
