"""Scorers: functions from examples to raw outputs, such as the network's package, a simple method,
a fixed rule.
"""

from collections.abc import Callable, Mapping

import numpy as np

from hallmark.contracts.examples import Examples

# Raw outputs by name, each (n, …) in the order of the n examples.
Outputs = Mapping[str, np.ndarray]

# A scorer: examples → raw outputs.
Predict = Callable[[Examples], dict[str, np.ndarray]]

# Examples → a row of features for each, (n, F), which any classical method can read.
Features = Callable[[Examples], np.ndarray]

# Examples → their input columns by name, each (n, F); a system's part `inputs` has such a function.
Columns = Callable[[Examples], dict[str, np.ndarray]]
