"""The worklist: patients ordered by score, and where the ill (those with the finding) are."""

import numpy as np
import pandas as pd

from hallmark.metrics.statistics import Interval
from hallmark.metrics.statistics.intervals import wilson

_RESAMPLES = 500
_NORMAL_QUANTILE = 1.959964  # two-sided, of 95 %


def order_patients(rows: pd.DataFrame, positive: str) -> pd.DataFrame:
    """Return the worklist: one row for each patient, the highest score first.

    `rows` are predictions, one for each scan. Columns: `score`, the highest confidence of the
    patient's scans; `ill`, whether one of them has the label `positive`; and `time`, of the first
    scan, where all rows have times. Patients of equal scores are ordered by name.
    """
    rows = rows.assign(ill=rows["label"] == positive)
    aggregates = {"score": ("confidence", "max"), "ill": ("ill", "max")}
    if "time" in rows and rows["time"].notna().all():
        aggregates["time"] = ("time", "min")
    patients = rows.groupby("entity").agg(**aggregates)
    return patients.sort_values("score", ascending=False, kind="stable").reset_index(drop=True)


def measure_share_found(patients: pd.DataFrame, share: float, *, seed: int) -> Interval:
    """Return the share of the ill who are in the first `share` of the worklist, with a 95 %
    interval.

    It is Wilson's interval with an effective sample size, from the variance of a bootstrap over
    patients: the cut of the list is random too, which the number of the ill alone would ignore. `n`
    is the number of the ill.
    """
    is_ill = patients["ill"].to_numpy(bool)
    if not is_ill.any():
        return Interval(None, None, None, 0)

    found = float(_share_found(is_ill, share))
    resampled = np.array([_share_found(resample, share) for resample in _resample(is_ill, seed)])
    variance = float(np.nanvar(resampled))
    size = float(is_ill.sum())
    if 0 < found < 1 and variance > 0:
        size = min(size, found * (1 - found) / variance)
    return Interval(found, *wilson(found, size, _NORMAL_QUANTILE), int(is_ill.sum()))


def measure_median_place(patients: pd.DataFrame, *, seed: int) -> Interval:
    """Return the median place of the ill as a share of the worklist, with a 95 % interval.

    It is the percentile interval of a bootstrap over patients; `n` is the number of the ill.
    """
    is_ill = patients["ill"].to_numpy(bool)
    if not is_ill.any():
        return Interval(None, None, None, 0)

    resampled = [_median_place(resample) for resample in _resample(is_ill, seed) if resample.any()]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Interval(_median_place(is_ill), float(low), float(high), int(is_ill.sum()))


def median_place_by_time(patients: pd.DataFrame) -> float | None:
    """Return the median place of the ill in the order of `time`, as a share of all patients.

    None without times or without any ill patient.
    """
    if "time" not in patients or not patients["ill"].any():
        return None
    by_time = patients.sort_values("time", kind="stable")
    return _median_place(by_time["ill"].to_numpy(bool))


def gain_curve(patients: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays (n + 1,) for n patients, both from 0 to 1: shares of the worklist, from its
    head, and the share of the ill in each. Without any ill patient the second is 0 throughout.
    """
    is_ill = patients["ill"].to_numpy(bool)
    share_of_ill = np.concatenate([[0.0], np.cumsum(is_ill) / max(is_ill.sum(), 1)])
    return np.linspace(0, 1, len(share_of_ill)), share_of_ill


def _resample(is_ill: np.ndarray, seed: int) -> list[np.ndarray]:
    """Return `_RESAMPLES` bootstrap worklists: patients sampled with replacement, still ordered by
    score.
    """
    generator = np.random.default_rng(seed)
    count = len(is_ill)
    return [is_ill[np.sort(generator.integers(0, count, count))] for _ in range(_RESAMPLES)]


def _share_found(is_ill: np.ndarray, share: float) -> float:
    if not is_ill.any():
        return float("nan")
    first = is_ill[: round(share * len(is_ill))]
    return float(first.sum() / is_ill.sum())


def _median_place(is_ill: np.ndarray) -> float:
    return float(np.median(np.flatnonzero(is_ill) + 1) / len(is_ill))
