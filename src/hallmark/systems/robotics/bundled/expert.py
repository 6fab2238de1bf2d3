"""The demonstrator: a controller that knows each robot's true state and physics, as no policy under
test does.
"""

import numpy as np

from hallmark.systems.robotics.bundled.plant import MAX_TORQUE, Settings, upright

# The regulator's costs of squared angle (rad), rate (rad/s) and torque (N m). Angle and rate cost what they cost in
# the reward; torque costs 100 times as much, which makes the regulator calmer.
_ANGLE_COST = 1.0
_RATE_COST = 0.1
_TORQUE_COST = 0.1
_PUMP_GAIN = 1.0  # s/rad: torque per missing energy (J) and rate (rad/s)
_CATCH_SHARE = 0.85  # of MAX_TORQUE: the regulator takes over where it needs less to catch the robot


def torque(state: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the demonstrator's torques (n, 1) in N m at the states (n, 2), angle (rad) and rate
    (rad/s).

    Far from upright it raises the energy to that of standing still upright (Åström & Furuta 2000,
    "Swinging up a pendulum by energy control") and compensates the friction. Where the available
    torque can catch the robot, a linear-quadratic regulator takes over. Without torque, deviations
    grow along one direction of the state only, angle + rate / growth with growth = sqrt(weight /
    inertia) in 1/s: only this unstable part has to be caught.
    """
    angle = upright(state[:, 0])
    rate = state[:, 1]
    weight = settings.weight
    inertia = settings.inertia

    missing_energy = weight * (1 - np.cos(angle)) - inertia * rate**2 / 2  # J
    swing_up = _PUMP_GAIN * missing_energy * rate + settings.friction * rate

    angle_gain, rate_gain = gains(settings)
    regulator = -angle_gain * angle - rate_gain * rate

    unstable_part = angle + rate * np.sqrt(inertia / weight)  # rad
    can_be_caught = np.abs(unstable_part) * weight < _CATCH_SHARE * MAX_TORQUE
    torques = np.where(can_be_caught, regulator, swing_up)
    return np.asarray(np.clip(torques, -MAX_TORQUE, MAX_TORQUE)[:, None])


def gains(settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return the regulator's gains on angle (N m/rad) and rate (N m s/rad), each (n,).

    They solve the algebraic Riccati equation of `inertia * angle'' = weight * angle - friction *
    rate + torque`, which has a closed form here; a test compares it with SciPy's solver.
    """
    weight = settings.weight
    friction = settings.friction
    angle_gain = weight + np.sqrt(weight**2 + _ANGLE_COST / _TORQUE_COST)
    rate_gain = -friction + np.sqrt(friction**2 + 2 * angle_gain * settings.inertia + _RATE_COST / _TORQUE_COST)
    return angle_gain, rate_gain
