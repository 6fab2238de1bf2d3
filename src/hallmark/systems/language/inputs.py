"""The named columns that the network reads: none, since it reads the tokens alone."""

import numpy as np

from hallmark.contracts.examples import Examples

numeric_targets = None  # the target is a token


def columns(examples: Examples) -> dict[str, np.ndarray]:  # noqa: ARG001 (the interface has it)
    """Return no columns: tokens have no names."""
    return {}
