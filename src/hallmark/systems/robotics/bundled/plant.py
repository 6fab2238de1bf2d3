"""The simulated robots: n of Gymnasium's pendulums side by side, each with its own payload,
friction and sensors.
"""

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

SENSORS = ("angle_cos", "angle_sin", "rate")  # a robot's readings: no unit, no unit, rad/s
ACTION = "torque"  # N m
KINDS = ("sound", "noisy", "sticking")  # of sensors

# As in Pendulum-v1:
MAX_TORQUE = 2.0  # N m
MAX_RATE = 8.0  # rad/s
STEP = 0.05  # s
GRAVITY = 10.0  # m/s²
_LENGTH = 1.0  # m
_ROD = 1.0  # kg

_ANGLE_NOISE = {"sound": 0.005, "noisy": 0.03, "sticking": 0.005}  # standard deviation, rad
_RATE_NOISE = {"sound": 0.05, "noisy": 0.3, "sticking": 0.05}  # standard deviation, rad/s
_STICK_PROBABILITY = 0.06  # that a sticking sensor begins to repeat its last reading, in each step
_STICK_STEPS = 4  # for which it repeats it
_PUSH_PROBABILITY = 0.05  # that a push begins, in each step
_PUSH_STEPS = 5  # for which a push lasts
_PUSH_STRENGTH = 0.5  # standard deviation of a push's torque, N m


@dataclass(frozen=True)
class Settings:
    """The physics and sensors of n robots, each array (n,)."""

    payload: np.ndarray  # kg, at the tip of the rod
    friction: np.ndarray  # N m s/rad, viscous, in the joint
    sensor: np.ndarray  # one of KINDS
    noise: np.ndarray  # factor on the sensor's noise, 1 for that of its kind

    def __len__(self) -> int:
        return len(self.payload)

    @property
    def inertia(self) -> np.ndarray:
        """The moment of inertia about the joint (n,), kg m²: of a rod and a point mass at its tip."""
        return np.asarray((_ROD / 3 + self.payload) * _LENGTH**2)

    @property
    def weight(self) -> np.ndarray:
        """The torque of gravity about the joint when the rod is level (n,), N m."""
        return np.asarray((_ROD / 2 + self.payload) * GRAVITY * _LENGTH)


class Pendulums(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Pendulum-v1 for n robots side by side; a test compares it with Gymnasium's own steps.

    `state` (n, 2) is each robot's angle from upright (rad) and rate (rad/s). The observation (n, 3)
    has the readings `SENSORS`, which are noisy or, of a sticking sensor, repeated for some steps.
    Now and then a robot is pushed. The reward is Gymnasium's. No random number depends on the
    actions: with the same seed, all policies meet the same starts, pushes and noise.
    """

    metadata = {"autoreset_mode": AutoresetMode.DISABLED}  # noqa: RUF012  # Gymnasium declares it so

    def __init__(self, settings: Settings, *, push_factor: float = 1.0) -> None:
        self.settings = settings
        self.push_factor = push_factor  # multiplies the strength of every push
        self.num_envs = len(settings)

        high = np.array([1.0, 1.0, MAX_RATE], np.float32)  # without noise, which can exceed it
        self.single_observation_space = gymnasium.spaces.Box(-high, high, dtype=np.float32)
        self.single_action_space = gymnasium.spaces.Box(-MAX_TORQUE, MAX_TORQUE, (1,), dtype=np.float32)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

        kinds = settings.sensor.tolist()
        self._angle_noise = np.array([_ANGLE_NOISE[kind] for kind in kinds]) * settings.noise
        self._rate_noise = np.array([_RATE_NOISE[kind] for kind in kinds]) * settings.noise
        self._sticks = settings.sensor == "sticking"

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start every robot at a random angle and a rate of at most 1 rad/s; return the first
        readings (n, 3).

        `options["state"]` (n, 2) sets other states.
        """
        super().reset(seed=seed, options=options)
        start = self.np_random.uniform([-np.pi, -1.0], [np.pi, 1.0], (self.num_envs, 2))
        self.state = np.array((options or {}).get("state", start), float)

        self._push_torque = np.zeros(self.num_envs)  # N m
        self._push_steps_left = np.zeros(self.num_envs, int)
        self._stick_steps_left = np.zeros(self.num_envs, int)
        self._last_reading = self._sample_readings()
        return self._last_reading.astype(np.float32), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Apply `actions`, torques (n, 1) in N m, for `STEP` seconds; return readings (n, 3) and
        rewards (n,).

        Torques are clipped to ±`MAX_TORQUE`. Episodes never end by themselves: the flags of
        termination and truncation (n,) are false.
        """
        angle, rate = self.state.T
        torque = np.clip(actions[:, 0].astype(float), -MAX_TORQUE, MAX_TORQUE)
        reward = -(upright(angle) ** 2 + 0.1 * rate**2 + 0.001 * torque**2)

        applied_torque = torque + self._sample_pushes() - self.settings.friction * rate
        acceleration = (self.settings.weight * np.sin(angle) + applied_torque) / self.settings.inertia  # rad/s²
        rate = np.clip(rate + acceleration * STEP, -MAX_RATE, MAX_RATE)
        self.state = np.stack([angle + rate * STEP, rate], axis=1)

        never_over = np.zeros(self.num_envs, bool)
        return self._observe().astype(np.float32), reward, never_over, never_over, {}

    def _sample_pushes(self) -> np.ndarray:
        """Start, continue or end pushes; return their torques in this step (n,), N m."""
        begins = self.np_random.random(self.num_envs) < _PUSH_PROBABILITY
        strength = self.np_random.normal(size=self.num_envs)
        begins &= self._push_steps_left == 0
        self._push_torque = np.where(begins, _PUSH_STRENGTH * strength, self._push_torque)
        self._push_steps_left = np.where(begins, _PUSH_STEPS, np.maximum(self._push_steps_left - 1, 0))
        return self._push_torque * (self._push_steps_left > 0) * self.push_factor

    def _observe(self) -> np.ndarray:
        """Return the readings (n, 3) of this step: new ones, or the last ones again of sensors that
        stick.
        """
        new_reading = self._sample_readings()
        begins = self.np_random.random(self.num_envs) < _STICK_PROBABILITY
        begins &= self._sticks & (self._stick_steps_left == 0)
        self._stick_steps_left = np.where(begins, _STICK_STEPS, np.maximum(self._stick_steps_left - 1, 0))
        is_stuck = self._stick_steps_left > 0
        self._last_reading = np.where(is_stuck[:, None], self._last_reading, new_reading)
        return self._last_reading

    def _sample_readings(self) -> np.ndarray:
        """Return noisy readings of the state (n, 3), in the order of `SENSORS`."""
        angle_noise, rate_noise = self.np_random.normal(size=(2, self.num_envs))
        angle = self.state[:, 0] + self._angle_noise * angle_noise
        rate = self.state[:, 1] + self._rate_noise * rate_noise
        return np.stack([np.cos(angle), np.sin(angle), rate], axis=1)


def upright(angle: np.ndarray) -> np.ndarray:
    """Return angles from upright (rad, any shape) wrapped into [-π, π)."""
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi)
