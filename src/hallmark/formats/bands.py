"""Bands of a number between ascending edges, each with a name: groups that people can read."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hallmark.errors import InputError
from hallmark.formats.identities import UNKNOWN


def name_bands(values: np.ndarray, edges: Sequence[float], key: str, names: Sequence[str] | None = None) -> np.ndarray:
    """Return the name of each value's band (n,); a value on an edge belongs above it, NaN is "unknown".

    Without `names`, the bands are called by their edges. Raises `InputError` with the configuration's `key` where these
    make no bands.
    """
    if not edges or list(edges) != sorted(set(edges)):
        raise InputError(f"{key}.edges is {list(edges)}: name edges in ascending order")
    if names is not None and len(names) != len(edges) + 1:
        raise InputError(f"{key} needs one more name than edges: it has {list(edges)} and {list(names)}")

    bands = np.array(_default_names(edges) if names is None else names, dtype=object)
    places = np.searchsorted(np.asarray(edges), values, side="right")
    return np.where(np.isnan(values), UNKNOWN, bands[places])


def _default_names(edges: Sequence[float]) -> list[str]:
    """Name the bands between inner edges: [30, 60] → under 30, 30 to under 60, 60 and over."""
    between = [f"{low:g} to under {high:g}" for low, high in pairwise(edges)]
    return [f"under {edges[0]:g}", *between, f"{edges[-1]:g} and over"]
