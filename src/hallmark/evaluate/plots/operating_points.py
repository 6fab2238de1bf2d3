"""What a threshold costs, and what a person's review buys."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hallmark.evaluate.selective_prediction import Review
from hallmark.figures import PALETTE, blank

_POINTS = 400  # of a curve


def threshold_cost(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], others: Mapping[str, float], *, threshold: float, unit: str
) -> Figure:
    """Draw the expected cost of 1,000 decisions over the threshold.

    `curves` maps a split to P(positive) (n,) and the costs of no alert and of an alert (n, 2) there; `others` maps a
    simple method to its mean cost on test at its own threshold; `threshold` is the one chosen on validation.
    """
    figure, axes = blank(10.0, 4.6)
    never = 1000 * curves["test"][1][:, 0].mean()
    lowest, ceiling = [], 1.5 * max(never, *(1000 * cost for cost in others.values()))
    for (split, (positive, costs)), colour, style in zip(curves.items(), PALETTE[4::-4], ("--", "-"), strict=True):
        x, y = _cost_curve(positive, costs)
        axes.plot(x, 1000 * y, color=colour, ls=style, label=f"model, {split} (n = {len(positive):,})")
        lowest.append(min(x[1000 * y <= ceiling], default=x[-1]))
    axes.axhline(never, color="0.5", lw=0.9, ls=":", label=f"never an alert: {never:.4g}")
    for (name, cost), colour in zip(others.items(), PALETTE[1:4] + PALETTE[5:], strict=False):
        axes.axhline(1000 * cost, color=colour, lw=1, label=f"{name} at its own threshold: {1000 * cost:.4g}")
    axes.axvline(threshold, color="black", lw=1, label=f"threshold chosen on validation: {threshold:.3g}")
    axes.set(
        xscale="log",
        xlim=(min(lowest) / 1.5, 1.05),
        ylim=(0, ceiling),
        xlabel="threshold on the probability",
        ylabel=f"expected cost of 1,000 decisions ({unit})",
        title=f"What the threshold costs (test, n = {len(curves['test'][0]):,})",
    )
    figure.legend(fontsize=8, loc="outside right upper")
    return figure


def risk_coverage(validation: pd.DataFrame, test: pd.DataFrame, found: Review) -> Figure:
    """Draw the error among the passed over the share held for a person, least certain first, for the model's rows."""
    figure, axes = blank(7.0, 4.6)
    for name, rows, colour, style in (
        ("validation", validation, PALETTE[4], "--"),
        ("test", test, PALETTE[0], "-"),
    ):
        mistakes = rows["mistake"].to_numpy()[np.argsort(-rows["certainty"].to_numpy(float), kind="stable")]
        passed = np.arange(1, len(rows) + 1)
        axes.plot(
            1 - passed / len(rows),
            np.cumsum(mistakes) / passed,
            color=colour,
            ls=style,
            label=f"{name} (n = {len(rows):,})",
        )
    axes.axhline(found.limit, color=PALETTE[1], lw=1, ls=":", label=f"allowed: {found.limit:.2%}")
    held, error = found.held, found.error
    if held.estimate is not None and error.estimate is not None:
        limits = (
            None
            if error.low is None or error.high is None
            else np.abs([[error.estimate - error.low], [error.high - error.estimate]])
        )
        axes.errorbar(
            [held.estimate],
            [error.estimate],
            yerr=limits,
            fmt="o",
            color="black",
            capsize=4,
            label=f"cutoff chosen on validation: {held.estimate:.1%} held",
        )
    axes.set(
        xlim=(-0.02, 1),
        ylim=(0, 1.5 * max(found.limit, validation["mistake"].mean(), test["mistake"].mean())),
        xlabel="share held for a person",
        ylabel="error rate among the passed",
        title=f"What a person's review buys (test, n = {len(test):,})",
    )
    axes.legend(fontsize=8)
    return figure


def _cost_curve(positive: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return thresholds and the mean cost of alerting from each on."""
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    total = costs[:, 0].sum() + np.cumsum((costs[:, 1] - costs[:, 0])[order])
    last_of_equals = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    # Few are near the top of the ranking and decide there, so points are dense among them.
    at = np.unique(np.geomspace(1, len(last_of_equals), _POINTS).astype(int)) - 1
    kept = last_of_equals[at]
    return ranked[kept], total[kept] / len(positive)
