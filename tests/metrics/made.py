"""Predictions that every metric can be measured on, and one metric of them."""

import numpy as np
import pandas as pd

from hallmark.metrics import Interval, Measurement, available


def predictions(rows: int = 240, entities: int = 80, *, seed: int = 0, better: float = 0.0) -> pd.DataFrame:
    """Predictions of "yes" or "no", with the same examples for every `better`."""
    generator = np.random.default_rng(seed)
    positive = generator.random(rows) < 0.3
    confidence = 1 / (1 + np.exp(-(generator.normal(size=rows) + (2 + better) * positive - 2)))
    alert = confidence >= 0.5
    table = pd.DataFrame(
        {
            "id": [f"{row:04d}" for row in range(rows)],
            "entity": [f"e{code}" for code in generator.integers(entities, size=rows)],
            "label": np.where(positive, "yes", "no"),
            "prediction": np.where(alert, "yes", "no"),
            "confidence": confidence,
        }
    )
    columns = {
        "accuracy": (alert == positive, 1.0),
        "log_loss": (-np.log(np.where(positive, confidence, 1 - confidence)), 1.0),
        "brier": ((confidence - positive) ** 2, 1.0),
        "cost": (np.where(alert, ~positive, 10 * positive), 1.0),
        "sensitivity": (alert, positive),
        "specificity": (~alert, ~positive),
        "precision": (positive, alert),
        "alert_rate": (alert, 1.0),
        "word_error_rate": (generator.poisson(0.6, rows) / 4, 4.0),
        "return": (generator.normal(-200, 40, rows), generator.random(rows) < 0.5),
        "perplexity": (generator.gamma(2.0, size=rows), generator.integers(1, 90, rows)),
    }
    for name, (score, weight) in columns.items():
        table[f"score.{name}"] = np.asarray(score, float)
        table[f"weight.{name}"] = np.broadcast_to(np.asarray(weight, float), rows)
    return table


def measure(rows: pd.DataFrame, metric: str, *, positive: str | None = "yes", seed: int = 1) -> Interval:
    return Measurement(rows, [metric], positive=positive, seed=seed).overall[metric]


def compare(first: pd.DataFrame, second: pd.DataFrame, metric: str, *, positive: str | None = "yes") -> Interval:
    one, other = (Measurement(rows, [metric], positive=positive, seed=1) for rows in (first, second))
    return one.against(other)[metric]


ROWS = predictions()
KNOWN = available(ROWS, positive="yes")
