"""The named columns that the network reads: none, since it reads the pixels alone."""

import numpy as np

from hallmark.contracts.examples import Examples

numeric_targets = None  # the target is a label


def columns(examples: Examples) -> dict[str, np.ndarray]:  # noqa: ARG001 (the interface has it)
    """Return no columns: pixels have no names."""
    return {}
