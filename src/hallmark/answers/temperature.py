"""Temperature scaling: confidence is calibrated on validation without moving a prediction."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

TEMPERATURES = (
    0.05,
    20.0,
)  # beyond these the logits are 0/1 answers, or noise, and no temperature mends them


def fit_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """Return the temperature within TEMPERATURES that minimises the log loss of `targets` (n,), class indices.

    One parameter, which leaves the predictions as they are (Guo et al. 2017, "On calibration of modern neural
    networks"). The log loss is convex in 1 / temperature, so there is one minimum. Logits that are all equal keep
    temperature 1.
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
