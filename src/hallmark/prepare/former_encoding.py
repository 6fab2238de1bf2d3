"""The encoding of a former model: today's raw data, encoded for the network of an older package.

A stage that compares today's model with a former one needs the same rows, splits, labels and groups
for both, but the former network takes the arrays that its own encoding makes.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hallmark.config import mistakes, reading_keys
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
    schema: type[reading_keys.Reading],
    seed: int,
) -> Examples:
    """Return the examples of the raw `folder` with the arrays that a package with this `encoding` takes.

    `section` is today's configuration `prepare`, `reading` the system's part of that name, and
    `schema` the class `Reading` of the system's part `config`. The keys of `reading.INPUTS` come
    from the encoding, which recorded them (`record_reading`), and all others from `section`.

    Raises `InputError` where the encoding records other keys, where today's data don't fit it, and
    where there is no raw data.
    """
    recorded_keys = encoding.get("reading")
    if not isinstance(recorded_keys, Mapping) or set(recorded_keys) != set(reading.INPUTS):
        raise InputError(f"the encoding must hold the keys {list(reading.INPUTS)} under 'reading'")
    if not folder.is_dir():
        raise InputError(f"the raw data is not at hand: there is no folder {folder}")

    parameters = _parse_reading({**section["reading"], **recorded_keys}, schema)
    raw = reading.read(folder, parameters)

    encode = partial(reading.encode, encoding=encoding) if reading.encode else None
    prepared = prepare_examples(raw, seed=seed, **section["split"], encode=encode)
    return record_reading(prepared, parameters, reading.INPUTS)


def _parse_reading(keys: Mapping[str, Any], schema: type[reading_keys.Reading]) -> reading_keys.Reading:
    """Return the section `prepare.reading` with the types of `schema`; those from a package are JSON's."""
    section, problems = mistakes.check(schema, dict(keys))
    if problems:
        sentences = "; ".join(problem.sentence("prepare.reading") for problem in problems)
        raise InputError(f"what the encoding says of its inputs does not fit today's configuration: {sentences}")
    return section
