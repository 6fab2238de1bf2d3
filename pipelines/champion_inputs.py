"""Today's raw data → examples in the encoding of a champion's package."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from hallmark import digests, systems
from hallmark.config import Parameters
from hallmark.contracts import examples
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.layout import Layout
from hallmark.prepare import prepare_for_encoding
from hallmark.prepare.own_reader import readable_folder
from hallmark.promote.champion_comparison import RawDataError


def read_again(parameters: Parameters, layout: Layout, today: Examples, encoding: Mapping[str, Any]) -> Examples:
    """Return today's raw data as examples in another encoding.

    The raw data is prepared by today's encoding first, which must give the rows of `today`. Raises
    `RawDataError` where it does not, or where the raw data is not at hand.
    """
    system = systems.load(parameters.system)
    task = layout.task
    prepare_again = partial(
        prepare_for_encoding,
        section=parameters.prepare.model_dump(),
        reading=system.reading,
        schema=system.config.Reading,
        seed=parameters.seed,
    )

    try:
        folder = readable_folder(layout.raw, parameters.prepare.reader, task=task, written=layout.own_reading)
        same = prepare_again(today.encoding, folder)
    except InputError as error:
        raise RawDataError(
            f"the champion reads its inputs otherwise, so comparing takes the raw data ({error}): "
            f"`make pull TASK={task}` fetches it, and `python -m pipelines.raw {task}` makes a bundled task's; "
            "where it is too large for this machine, `make sign` on one that has it records the comparison"
        ) from error

    if digests.folder(layout.raw) != examples.raw_digest(layout.prepared):
        cures = f"`make pull TASK={task}` fetches what was, `dvc repro prepare@{task}` prepares what lies there now"
        raise RawDataError(f"{layout.raw} is not what {layout.prepared} was made of: {cures}")
    if not _rows(same).equals(_rows(today)):
        cure = f"run `dvc repro prepare@{task}`"
        raise RawDataError(f"{layout.raw} is not what {layout.prepared} was made of: {cure}")

    return prepare_again(encoding, folder)


def _rows(prepared: Examples) -> pd.DataFrame:
    """Return the id and the fingerprint of each example, in their order."""
    return prepared.table[["id", "fingerprint"]].astype(str)
