"""Histories: the last readings of every sensor, which are all the input of a policy.

Earlier actions are left out. They nearly determine the next one, since a demonstrator changes its
action slowly. A cloned policy that gets them learns to repeat itself: its error on logs is lower,
but it fails once it drives (de Haan, Jayaraman & Levine 2019, "Causal confusion in imitation
learning").
"""

import numpy as np


def stack(values: np.ndarray, position: np.ndarray, rows: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the histories of m rows: `observations` (m, K, D) and `present` (m, K), float32.

    `values` (n, D) are readings of D sensors, run after run and in order of time in each;
    `position` (n,) is the step in the run, from 0; `rows` (m,) are those that get a history;
    `length` is K. The current reading is the last. `present` is 1 for a reading. Before the first
    step of a run both arrays are 0.
    """
    offsets = np.arange(1 - length, 1)  # -(K - 1) … 0
    is_present: np.ndarray = position[rows][:, None] + offsets >= 0
    source_rows = np.maximum(rows[:, None] + offsets, 0)
    readings = values[source_rows] * is_present[:, :, None]
    return readings.astype(np.float32), is_present.astype(np.float32)


class Window:
    """The histories of robots that are being driven, updated with each new reading.

    `observations` (robots, K, D) and `present` (robots, K) are as `stack` makes them; they begin
    empty.
    """

    def __init__(self, robots: int, length: int, sensors: int) -> None:
        self.observations = np.zeros((robots, length, sensors), np.float32)
        self.present = np.zeros((robots, length), np.float32)

    def append(self, reading: np.ndarray) -> dict[str, np.ndarray]:
        """Add the new `reading` (robots, D), drop the oldest, and return the network's arrays by name."""
        self.observations = np.concatenate([self.observations[:, 1:], reading[:, None].astype(np.float32)], axis=1)
        self.present = np.concatenate([self.present[:, 1:], np.ones_like(self.present[:, :1])], axis=1)
        return {"observations": self.observations, "present": self.present}
