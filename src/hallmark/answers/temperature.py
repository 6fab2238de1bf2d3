"""Temperature scaling: calibrates confidence on the validation split, without changing a prediction."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

TEMPERATURES = (0.05, 20.0)  # least and largest; beyond, logits are 0/1 answers or noise


def fit_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """Return the temperature within `TEMPERATURES` with the least log loss of softmax(logits / temperature).

    `logits` are (n, K) and `targets` (n,) class indices. The log loss is convex in 1 / temperature,
    so that it has one minimum. If the logits of each row are equal, the temperature is 1.

    Guo et al. 2017, "On calibration of modern neural networks".
    """
    logits = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    if not logits.any():
        return 1.0

    rows = np.arange(len(targets))

    def log_loss(log_temperature: float) -> float:
        log_probability = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-np.mean(log_probability[rows, targets]))

    bounds = tuple(np.log(TEMPERATURES))
    optimum = minimize_scalar(log_loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(optimum.x))
