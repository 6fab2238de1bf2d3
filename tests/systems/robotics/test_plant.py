"""The simulated robots: Gymnasium's own steps, its interface, and what each setting does."""

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.classic_control import PendulumEnv
from numpy.typing import ArrayLike
from scipy.linalg import solve_continuous_are

from hallmark.systems.robotics.bundled import expert, sample_settings
from hallmark.systems.robotics.bundled.driving import drive
from hallmark.systems.robotics.bundled.plant import KINDS, MAX_TORQUE, Pendulums, Settings, upright


def settings(robots: int, **changes: ArrayLike) -> Settings:
    """Settings of sound robots without payload, friction and noise, with `changes`, a value of all or one of each."""
    zeros = np.zeros(robots)
    plain = {"payload": zeros, "friction": zeros, "sensor": np.full(robots, "sound", object), "noise": zeros}
    return Settings(**plain | {name: np.broadcast_to(value, robots) for name, value in changes.items()})


def test_without_payload_and_friction_it_steps_as_gymnasium_does() -> None:
    pendulum = gymnasium.make("Pendulum-v1").unwrapped
    assert isinstance(pendulum, PendulumEnv)
    reference: gymnasium.Env[np.ndarray, np.ndarray] = pendulum  # whose own `step` has no types
    reference.reset(seed=0)
    start = np.array([[2.5, -1.0], [-0.3, 0.7], [3.1, 7.5]])
    robots = Pendulums(settings(3), push_factor=0.0)
    robots.reset(seed=1, options={"state": start})
    torques = np.random.default_rng(0).uniform(-3, 3, (50, 3, 1)).astype(np.float32)

    for robot in range(3):
        robots.reset(seed=1, options={"state": start})
        pendulum.state = start[robot].copy()
        for torque in torques:
            reading, reward, *_ = robots.step(torque)
            expected, expected_reward, *_ = reference.step(torque[robot])
            np.testing.assert_allclose(reading[robot], expected, atol=1e-5)
            assert reward[robot] == pytest.approx(expected_reward)


def test_its_spaces_and_steps_are_those_of_a_vector_environment() -> None:
    robots = Pendulums(settings(4))
    reading, information = robots.reset(seed=5)
    assert reading.shape == robots.observation_space.shape == (4, 3)
    assert reading.dtype == np.float32
    assert information == {}
    reading, reward, terminated, truncated, _ = robots.step(robots.action_space.sample())
    assert reward.shape == terminated.shape == truncated.shape == (4,)
    assert not (terminated | truncated).any()


def test_energy_is_kept_without_friction_and_lost_with_it() -> None:
    some = settings(2, payload=[0.2, 0.2], friction=[0.0, 0.1])
    robots = Pendulums(some, push_factor=0.0)
    robots.reset(seed=1, options={"state": np.array([[2.0, 0.0], [2.0, 0.0]])})
    for _ in range(100):
        robots.step(np.zeros((2, 1)))
    energy = some.inertia * robots.state[:, 1] ** 2 / 2 + some.weight * np.cos(robots.state[:, 0])
    assert energy[0] == pytest.approx(some.weight[0] * np.cos(2.0), abs=0.6)  # the integrator is symplectic, not exact
    assert energy[1] < energy[0] - 1.0


def test_a_payload_weighs_and_slows_by_hand() -> None:
    some = settings(1, payload=0.3)
    assert some.weight[0] == pytest.approx((0.5 + 0.3) * 10)
    assert some.inertia[0] == pytest.approx(1 / 3 + 0.3)


def test_pushes_and_noise_do_not_hang_on_the_actions() -> None:
    some = settings(6, sensor=list(KINDS) * 2, noise=1.0)
    seen = []
    for torque in (-1.0, 1.0):
        robots = Pendulums(some)
        robots.reset(seed=9, options={"state": np.zeros((6, 2))})
        pushed = []
        for _ in range(40):
            robots.step(np.full((6, 1), torque))
            pushed.append(robots._push_torque * (robots._push_steps_left > 0))
        seen.append((np.array(pushed), robots._stick_steps_left.copy()))

    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[0][1], seen[1][1])
    assert seen[0][0].any()


def test_sticking_sensors_repeat_themselves_and_noisy_ones_are_noisier() -> None:
    some = settings(300, sensor=list(KINDS) * 100, noise=1.0)
    driven = drive(some, lambda robots, _: np.zeros((300, 1)), steps=40, seed=2, push_factor=0.0)
    repeated = (np.diff(driven.observations, axis=0) == 0).all(axis=2).mean(axis=0)
    off = np.abs(driven.observations[:, :, 2] - driven.states[:, :, 1]).mean(axis=0)
    assert repeated[some.sensor != "sticking"].max() == 0
    assert 0.1 < repeated[some.sensor == "sticking"].mean() < 0.3
    assert off[some.sensor == "noisy"].mean() > 4 * off[some.sensor == "sound"].mean()


def test_the_regulator_solves_the_riccati_equation() -> None:
    some = sample_settings(np.random.default_rng(0), 20)
    angle, rate = expert.gains(some)
    for robot in range(20):
        inertia = some.inertia[robot]
        weight = some.weight[robot]
        friction = some.friction[robot]
        a = np.array([[0, 1], [weight / inertia, -friction / inertia]])
        b = np.array([[0], [1 / inertia]])
        cost = np.array([[0.1]])
        solution = solve_continuous_are(a, b, np.diag([1.0, 0.1]), cost)
        np.testing.assert_allclose((b.T @ solution / cost)[0], [angle[robot], rate[robot]], rtol=1e-8)


def test_the_expert_brings_unseen_robots_up_within_its_torque() -> None:
    some = sample_settings(np.random.default_rng(1), 200)
    driven = drive(some, lambda robots, _: expert.torque(robots.state, robots.settings), steps=200, seed=4)
    assert np.abs(driven.actions).max() <= MAX_TORQUE
    assert driven.successes.mean() > 0.95
    idle = drive(some, lambda robots, _: np.zeros((200, 1)), steps=200, seed=4)
    assert idle.successes.mean() < 0.05
    assert driven.returns.mean() > idle.returns.mean() + 500


@pytest.mark.parametrize(
    ("angle", "expected"), [(0.1, 0.1), (2 * np.pi + 0.1, 0.1), (-np.pi, -np.pi), (4.0, 4 - 2 * np.pi)]
)
def test_angles_from_upright(angle: float, expected: float) -> None:
    assert upright(np.array([angle]))[0] == pytest.approx(expected)
