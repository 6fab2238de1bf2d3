"""Episodes on the simulated robots, side by side: what a policy did, and whether it succeeded."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hallmark.systems.robotics.bundled.plant import STEP, Pendulums, Settings, upright

# A policy takes the robots and their readings (n, 3), and returns torques (n, 1) in N m.
Policy = Callable[[Pendulums, np.ndarray], np.ndarray]
_UPRIGHT_SECONDS = 2.0  # a success stands upright all through these last seconds of an episode
_UPRIGHT_ANGLE = 0.35  # rad, from upright


@dataclass(frozen=True)
class Drive:
    """What n robots did in T steps. States and readings are those before each step, as the policy
    had them.
    """

    states: np.ndarray  # (T, n, 2): angle from upright in rad, rate in rad/s
    observations: np.ndarray  # (T, n, 3): readings, in the order of SENSORS
    actions: np.ndarray  # (T, n): torques that the policy chose, N m
    rewards: np.ndarray  # (T, n): of the step, 0 at best

    @property
    def returns(self) -> np.ndarray:
        """The sum of each robot's rewards (n,)."""
        return np.asarray(self.rewards.sum(axis=0))

    @property
    def successes(self) -> np.ndarray:
        """Whether each robot (n,) was upright all through the last `_UPRIGHT_SECONDS`."""
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
    """Let `policy` drive every robot for `steps` steps.

    The same seed gives all policies the same starts, pushes and noise. `push_factor` multiplies the
    torque of every push. `start` (n, 2) are the first states (rad, rad/s), instead of random ones.
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
