"""Parity: whether a package gives the same outputs as the network that it was exported from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import nn

from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package
from hallmark.train.onnx_export import run_network

RELATIVE_TOLERANCE = 1e-4  # for float32 sums in another order, and for deep networks
# One example, a few, many: an export with a fixed size fails with one of them.
BATCH_SIZES = (1, 3, 64)


@dataclass(frozen=True)
class Parity:
    """The largest absolute difference between the outputs of a package and of its network.

    `tolerance` is absolute, and `rows` is the number of validation examples. The fields are keys of
    package.json.
    """

    max_abs_difference: float
    tolerance: float
    rows: int

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance; False for NaN."""
        return self.max_abs_difference <= self.tolerance

    def finding(self) -> Finding:
        """Return the finding of the check train.parity."""
        is_finite = bool(np.isfinite(self.max_abs_difference))
        extent = f"differ by at most {self.max_abs_difference:.1e}"
        if not is_finite:
            extent = "are not finite, or differ without bound"

        return Finding(
            check="train.parity",
            estimate=self.max_abs_difference if is_finite else None,
            requirement=f"≤ {self.tolerance:.1e}",
            n=self.rows,
            verdict="pass" if self.holds else "fail",
            reason=(
                f"The outputs of the package and of the network behind it {extent}, on {self.rows} validation examples."
            ),
        )


def measure_parity(network: nn.Module, package: Package, arrays: Mapping[str, np.ndarray]) -> Parity:
    """Compare the outputs of network and package on the first 1, 3 and 64 rows of `arrays` (n, …).

    The tolerance is relative to the largest absolute output, or to 1 where all are smaller.
    """
    difference = 0.0
    largest = 1.0
    rows = 0
    for size in BATCH_SIZES:
        batch = {name: np.asarray(array[:size]) for name, array in arrays.items()}
        package_outputs = package.run(batch, batch_size=size)
        for name, expected in run_network(network, batch).items():
            deviation = np.abs(expected - package_outputs[name]).max()
            difference = float(np.maximum(difference, deviation))  # keeps a NaN
            largest = max(largest, float(np.abs(expected).max()))
            rows = max(rows, len(expected))
    return Parity(difference, tolerance=RELATIVE_TOLERANCE * largest, rows=rows)
