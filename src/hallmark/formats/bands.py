"""Bands: a number cut at edges into named groups, such as ages into "under 30" and "30 to under 60"."""

from collections.abc import Sequence

import numpy as np

from hallmark.config.reading_keys import default_band_names
from hallmark.errors import InputError
from hallmark.formats.identities import UNKNOWN


def name_bands(values: np.ndarray, edges: Sequence[float], key: str, names: Sequence[str] | None = None) -> np.ndarray:
    """Return the name of the band of each value (n,), by `edges` in the values' unit; NaN is "unknown".

    A value on an edge belongs to the band above it. `names` has one name more than there are edges,
    in ascending order; without it, bands are named by their edges ("30 to under 60"). `key` is the
    configuration's key of the bands, for messages.

    Raises `InputError` on edges that don't ascend, and on another number of names.
    """
    if not edges or list(edges) != sorted(set(edges)):
        raise InputError(f"{key}.edges is {list(edges)}: name edges in ascending order")
    if names is not None and len(names) != len(edges) + 1:
        raise InputError(f"{key} needs one more name than edges: it has {list(edges)} and {list(names)}")

    band_names = np.array(default_band_names(edges) if names is None else names, dtype=object)
    band_of_value = np.searchsorted(np.asarray(edges), values, side="right")
    return np.where(np.isnan(values), UNKNOWN, band_names[band_of_value])
