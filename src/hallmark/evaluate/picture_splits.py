"""Picture splits: the examples of each split on which the checks of patches are fitted and compared."""

from dataclasses import dataclass

import numpy as np

from hallmark.contracts.examples import Examples


@dataclass(frozen=True, kw_only=True)
class PictureSplits:
    """Examples of three splits; `array` names the one of their arrays that is looked at: (n, C, H, W), uint8."""

    array: str
    train: Examples
    validation: Examples
    test: Examples

    def images(self, examples: Examples) -> np.ndarray:
        """Return the pictures (n, C, H, W) of some examples, of any of the splits."""
        return np.asarray(examples.arrays[self.array])
