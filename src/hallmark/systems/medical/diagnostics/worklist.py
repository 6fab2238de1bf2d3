"""The worklist: patients in the order of their scores, and where in it those are who have a finding."""

import numpy as np
import pandas as pd

from hallmark.metrics.statistics import Interval
from hallmark.metrics.statistics.intervals import wilson

_RESAMPLES = 500
_NORMAL = 1.959964  # the two-sided quantile of 95 %


def order(rows: pd.DataFrame, positive: str) -> pd.DataFrame:
    """Return one row for each patient, the highest score first: `score`, the highest confidence of their scans, `ill`,
    whether one of them shows the finding, and `time`, of their first scan, where the rows have times.

    Patients of equal scores keep the order of their names.
    """
    rows = rows.assign(ill=rows["label"] == positive)
    named = {"score": ("confidence", "max"), "ill": ("ill", "max")}
    if "time" in rows and rows["time"].notna().all():
        named["time"] = ("time", "min")
    patients = rows.groupby("entity").agg(**named)
    return patients.sort_values("score", ascending=False, kind="stable").reset_index(drop=True)


def caught(ordered: pd.DataFrame, share: float, *, seed: int) -> Interval:
    """Return the share of the ill who are in the first `share` of the worklist, with a 95 % interval.

    Wilson's, with the effective size that the bootstrap over patients finds: drawn anew, the list has its first part
    elsewhere too, which the plain size would not know.
    """
    ill = ordered["ill"].to_numpy(bool)
    if not ill.any():
        return Interval(None, None, None, 0)
    found = float(_caught(ill, share))
    again = np.array([_caught(drawn, share) for drawn in _drawn(ill, seed)])
    variance, size = float(np.nanvar(again)), float(ill.sum())
    if 0 < found < 1 and variance > 0:
        size = min(size, found * (1 - found) / variance)
    return Interval(found, *wilson(found, size, _NORMAL), int(ill.sum()))


def median_place(ordered: pd.DataFrame, *, seed: int) -> Interval:
    """Return the median place of the ill as a share of the worklist, with the bootstrap's 95 % percentiles."""
    ill = ordered["ill"].to_numpy(bool)
    if not ill.any():
        return Interval(None, None, None, 0)
    again = [_median(drawn) for drawn in _drawn(ill, seed) if drawn.any()]
    low, high = np.percentile(again, [2.5, 97.5])
    return Interval(_median(ill), float(low), float(high), int(ill.sum()))


def first_come(ordered: pd.DataFrame) -> float | None:
    """Return the median place of the ill where patients are seen as they came; None where nobody knows when."""
    if "time" not in ordered or not ordered["ill"].any():
        return None
    return _median(ordered.sort_values("time", kind="stable")["ill"].to_numpy(bool))


def gains(ordered: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return shares of the worklist and the shares of the ill who are in them, from 0 to 1."""
    ill = ordered["ill"].to_numpy(bool)
    seen = np.concatenate([[0.0], np.cumsum(ill) / max(ill.sum(), 1)])
    return np.linspace(0, 1, len(seen)), seen


def _drawn(ill: np.ndarray, seed: int) -> list[np.ndarray]:
    """Draw the worklist anew, patients with replacement: it stays in the order of their scores."""
    generator = np.random.default_rng(seed)
    return [ill[np.sort(generator.integers(0, len(ill), len(ill)))] for _ in range(_RESAMPLES)]


def _caught(ill: np.ndarray, share: float) -> float:
    return float(ill[: round(share * len(ill))].sum() / ill.sum()) if ill.any() else float("nan")


def _median(ill: np.ndarray) -> float:
    return float(np.median(np.flatnonzero(ill) + 1) / len(ill))
