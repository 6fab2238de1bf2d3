"""Episodes on the simulated robots, all side by side: what a policy did, and whether it got there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hallmark.systems.robotics.bundled.plant import STEP, Pendulums, Settings, upright

Policy = Callable[[Pendulums, np.ndarray], np.ndarray]  # of the robots and their readings (n, 3): torques (n, 1), N m
_UPRIGHT_SECONDS = 2.0  # at the end of an episode, through which a success stands upright
_UPRIGHT_ANGLE = 0.35  # rad, within which a robot counts as upright


@dataclass(frozen=True)
class Drive:
    """What n robots did in T steps; states, readings and torques are those before each step."""

    states: np.ndarray  # (T, n, 2): angle from upright in rad, rate in rad/s
    observations: np.ndarray  # (T, n, 3)
    actions: np.ndarray  # (T, n): torques, N m
    rewards: np.ndarray  # (T, n)

    @property
    def returns(self) -> np.ndarray:
        """Return the sum of rewards of each episode (n,)."""
        return np.asarray(self.rewards.sum(axis=0))

    @property
    def successes(self) -> np.ndarray:
        """Return whether each robot stood upright all through the last 2 seconds (n,)."""
        last_steps = round(_UPRIGHT_SECONDS / STEP)
        angles = upright(self.states[-last_steps:, :, 0])
        return np.asarray((np.abs(angles) < _UPRIGHT_ANGLE).all(axis=0))


def drive(
    settings: Settings,
    policy: Policy,
    *,
    steps: int,
    seed: int,
    push_factor: float = 1.0,
    start: np.ndarray | None = None,
) -> Drive:
    """Let `policy` drive every robot for `steps`. One seed gives all policies the same starts, pushes and noise.

    `push_factor` multiplies the strength of the pushes; `start` (n, 2) sets other states to begin from.
    """
    robots = Pendulums(settings, push_factor=push_factor)
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
