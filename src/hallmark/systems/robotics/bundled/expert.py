"""The demonstrator: a controller that knows each robot's true state and physics, as no policy under test does."""

import numpy as np

from hallmark.systems.robotics.bundled.plant import MAX_TORQUE, Settings, upright

_ANGLE_COST, _RATE_COST, _TORQUE_COST = (
    1.0,
    0.1,
    0.1,
)  # of the regulator; a dearer torque than the reward's: it is calmer
_PUMP = 1.0  # s/rad: the torque for each J of energy that is missing and each rad/s
_REACH = 0.85  # of the torque that there is, how much the regulator may need to catch a robot that falls


def torque(state: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the demonstrator's torques (n, 1) in N m at states (n, 2).

    Far from upright it drives the energy to that of standing still upright (Åström & Furuta 2000, "Swinging up a
    pendulum by energy control") and makes up for the friction. Where the torque that there is can catch the robot, a
    linear-quadratic regulator takes over: of the angle and rate only their unstable part, angle + rate / growth,
    has to be caught.
    """
    angle, rate = upright(state[:, 0]), state[:, 1]
    weight, inertia = settings.weight, settings.inertia
    missing = weight * (1 - np.cos(angle)) - inertia * rate**2 / 2  # J, of energy
    pump = _PUMP * missing * rate + settings.friction * rate
    unstable = angle + rate * np.sqrt(inertia / weight)
    angle_gain, rate_gain = gains(settings)
    catch = np.abs(unstable) * weight < _REACH * MAX_TORQUE
    wanted = np.where(catch, -angle_gain * angle - rate_gain * rate, pump)
    return np.asarray(np.clip(wanted, -MAX_TORQUE, MAX_TORQUE)[:, None])


def gains(settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return the regulator's gains on angle (N m/rad) and rate (N m s/rad), each (n,).

    They solve the algebraic Riccati equation of `inertia * angle'' = weight * angle - friction * rate + torque`, which
    has a closed form here; a test compares it with SciPy's solver.
    """
    weight, inertia, friction = settings.weight, settings.inertia, settings.friction
    angle = weight + np.sqrt(weight**2 + _ANGLE_COST / _TORQUE_COST)
    rate = -friction + np.sqrt(friction**2 + 2 * angle * inertia + _RATE_COST / _TORQUE_COST)
    return angle, rate
