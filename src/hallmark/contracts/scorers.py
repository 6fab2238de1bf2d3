"""Scorers: whatever turns examples into raw outputs, be it the network's package, a simple method or a fixed rule."""

from collections.abc import Callable, Mapping

import numpy as np

from hallmark.contracts.examples import Examples

Outputs = Mapping[str, np.ndarray]  # raw outputs by name, aligned with the examples
Predict = Callable[[Examples], dict[str, np.ndarray]]  # a scorer: examples → raw outputs
Columns = Callable[[Examples], dict[str, np.ndarray]]  # input columns (n, F) by name, of a system's part `inputs`
