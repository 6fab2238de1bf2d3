"""What a policy sees: the last readings of every sensor, and nothing of the actions.

Earlier actions are left out. They all but tell the next one, since a demonstrator changes its mind slowly, and a clone
that sees them learns to repeat itself: its error on logs is lower, and it fails once it drives (de Haan,
Jayaraman & Levine 2019, "Causal confusion in imitation learning").
"""

import numpy as np


def stack(values: np.ndarray, position: np.ndarray, rows: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each of `rows` its last `length` readings (m, K, D) and whether there are so many (m, K), float32.

    `values` (n, D) are readings in order of time, run after run; `position` (n,) is a row's place in its run, from 0.
    The current reading stands last. Where a run has only begun, zeros stand before it.
    """
    back = np.arange(1 - length, 1)
    present: np.ndarray = position[rows][:, None] + back >= 0
    readings = values[np.maximum(rows[:, None] + back, 0)] * present[:, :, None]
    return readings.astype(np.float32), present.astype(np.float32)


class Window:
    """The same for n robots that are being driven: what they saw last, shifted with each new reading."""

    def __init__(self, robots: int, length: int, sensors: int) -> None:
        self.observations = np.zeros((robots, length, sensors), np.float32)
        self.present = np.zeros((robots, length), np.float32)

    def see(self, reading: np.ndarray) -> dict[str, np.ndarray]:
        """Return the arrays that `stack` would make, once `reading` (n, D) has come."""
        self.observations = np.concatenate([self.observations[:, 1:], reading[:, None].astype(np.float32)], axis=1)
        self.present = np.concatenate([self.present[:, 1:], np.ones_like(self.present[:, :1])], axis=1)
        return {"observations": self.observations, "present": self.present}
