"""The pictures of one array, by split: what the checks of patches are fitted and compared on."""

from dataclasses import dataclass

import numpy as np

from hallmark.contracts.examples import Examples


@dataclass(frozen=True, kw_only=True)
class PictureSplits:
    """Examples of three splits, and the name of the `array` of theirs that holds pictures (n, C, H, W), uint8."""

    array: str
    train: Examples
    validation: Examples
    test: Examples

    def images(self, examples: Examples) -> np.ndarray:
        """Return the pictures (n, C, H, W) of one of the splits."""
        return np.asarray(examples.arrays[self.array])
