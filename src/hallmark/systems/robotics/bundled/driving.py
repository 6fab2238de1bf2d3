"""Episodes on the simulated robots, all side by side: what a policy did, and whether it got there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hallmark.systems.robotics.bundled.plant import STEP, Pendulums, Settings, upright

Policy = Callable[[Pendulums, np.ndarray], np.ndarray]  # of the robots and their readings (n, 3): torques (n, 1), N m
_HELD, _WITHIN = 2.0, 0.35  # s at the end of an episode that a success stays upright, within how many rad


@dataclass(frozen=True)
class Drive:
    """What n robots did in T steps; states, readings and torques are those before each step."""

    states: np.ndarray  # (T, n, 2): rad, rad/s
    observations: np.ndarray  # (T, n, 3)
    actions: np.ndarray  # (T, n): N m
    rewards: np.ndarray  # (T, n)

    @property
    def returns(self) -> np.ndarray:
        """Return the sum of rewards of each episode (n,)."""
        return np.asarray(self.rewards.sum(axis=0))

    @property
    def successes(self) -> np.ndarray:
        """Return whether each robot stood upright all through the last 2 seconds (n,)."""
        angles = upright(self.states[-round(_HELD / STEP) :, :, 0])
        return np.asarray((np.abs(angles) < _WITHIN).all(axis=0))


def drive(
    settings: Settings,
    policy: Policy,
    *,
    steps: int,
    seed: int,
    pushes: float = 1.0,
    start: np.ndarray | None = None,
) -> Drive:
    """Let `policy` drive every robot for `steps`. One seed gives all policies the same starts, pushes and noise.

    `start` (n, 2) sets other states to begin from, `pushes` is a factor on their strength.
    """
    robots = Pendulums(settings, pushes=pushes)
    reading, _ = robots.reset(seed=seed, options=None if start is None else {"state": start})
    states, observations, actions, rewards = [], [], [], []
    for _ in range(steps):
        torque = policy(robots, reading)
        states.append(robots.state)
        observations.append(reading)
        actions.append(torque[:, 0])
        reading, reward, *_ = robots.step(torque)
        rewards.append(reward)
    return Drive(np.stack(states), np.stack(observations), np.stack(actions), np.stack(rewards))
