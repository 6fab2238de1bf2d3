"""NumPy archives whose arrays are the columns of one table."""

from pathlib import Path

import numpy as np
import pandas as pd

from hallmark.errors import InputError


def read(path: Path) -> pd.DataFrame:
    """Return the arrays of an archive as columns; a matrix `name` becomes `name.0`, `name.1` …

    Raises `InputError` where arrays are no columns of one length, and what NumPy raises on a file that is no archive or
    holds objects (which are never unpickled).
    """
    columns: dict[str, np.ndarray] = {}
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise InputError(f"{path} holds one bare array: it must be an archive of named arrays, as np.savez writes")
        for name in archive.files:
            array = archive[name]
            if array.ndim not in (1, 2):
                raise InputError(f"{path}, array {name!r} has {array.ndim} axes: a column has one, a matrix two")
            columns |= {name: array} if array.ndim == 1 else {f"{name}.{i}": part for i, part in enumerate(array.T)}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"{path} holds arrays of different lengths: {lengths}")
    return pd.DataFrame(columns)
