"""Operating points: what a threshold costs, and what a person's review buys."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hallmark.evaluate.selective_prediction import SelectivePrediction
from hallmark.figures import PALETTE, blank

_POINTS = 400  # of a curve


def plot_threshold_cost(
    by_split: Mapping[str, tuple[np.ndarray, np.ndarray]],
    baseline_costs: Mapping[str, float],
    *,
    threshold: float,
    unit: str,
) -> Figure:
    """Draw the expected cost of 1,000 decisions over the threshold.

    `by_split` maps validation and test to P(positive) (n,) and the costs of no alert and of an alert (n, 2) there;
    `baseline_costs` maps a simple method to its mean cost on test at its own threshold; `threshold` is the one chosen
    on validation.
    """
    figure, axes = blank(10.0, 4.6)
    test_probabilities, test_costs = by_split["test"]
    cost_without_alerts = 1000 * test_costs[:, 0].mean()
    ceiling = 1.5 * max(cost_without_alerts, *(1000 * cost for cost in baseline_costs.values()))

    lowest_thresholds = []
    styles = {"validation": (PALETTE[4], "--"), "test": (PALETTE[0], "-")}
    for split, (colour, line_style) in styles.items():
        probabilities, costs = by_split[split]
        thresholds, mean_costs = _cost_curve(probabilities, costs)
        label = f"model, {split} (n = {len(probabilities):,})"
        axes.plot(thresholds, 1000 * mean_costs, color=colour, ls=line_style, label=label)
        lowest_thresholds.append(min(thresholds[1000 * mean_costs <= ceiling], default=thresholds[-1]))

    axes.axhline(cost_without_alerts, color="0.5", lw=0.9, ls=":", label=f"never an alert: {cost_without_alerts:.4g}")
    for (name, cost), colour in zip(baseline_costs.items(), PALETTE[1:4] + PALETTE[5:], strict=False):
        label = f"{name} at its own threshold: {1000 * cost:.4g}"
        axes.axhline(1000 * cost, color=colour, lw=1, label=label)
    axes.axvline(threshold, color="black", lw=1, label=f"threshold chosen on validation: {threshold:.3g}")

    axes.set(
        xscale="log",
        xlim=(min(lowest_thresholds) / 1.5, 1.05),
        ylim=(0, ceiling),
        xlabel="threshold on the probability",
        ylabel=f"expected cost of 1,000 decisions ({unit})",
        title=f"What the threshold costs (test, n = {len(test_probabilities):,})",
    )
    figure.legend(fontsize=8, loc="outside right upper")
    return figure


def plot_risk_coverage(validation: pd.DataFrame, test: pd.DataFrame, selection: SelectivePrediction) -> Figure:
    """Draw the selective risk over the share deferred to a person, the least certain first, for the model's rows."""
    figure, axes = blank(7.0, 4.6)
    for split, rows, colour, line_style in (
        ("validation", validation, PALETTE[4], "--"),
        ("test", test, PALETTE[0], "-"),
    ):
        by_certainty = np.argsort(-rows["certainty"].to_numpy(float), kind="stable")
        mistakes = rows["mistake"].to_numpy()[by_certainty]
        n_accepted = np.arange(1, len(rows) + 1)
        deferred_share = 1 - n_accepted / len(rows)
        selective_risk = np.cumsum(mistakes) / n_accepted
        label = f"{split} (n = {len(rows):,})"
        axes.plot(deferred_share, selective_risk, color=colour, ls=line_style, label=label)

    target = selection.target_risk
    axes.axhline(target, color=PALETTE[1], lw=1, ls=":", label=f"allowed: {target:.2%}")
    deferred = selection.deferred
    risk = selection.selective_risk
    if deferred.estimate is not None and risk.estimate is not None:
        limits = None
        if risk.low is not None and risk.high is not None:
            limits = np.abs([[risk.estimate - risk.low], [risk.high - risk.estimate]])
        axes.errorbar(
            [deferred.estimate],
            [risk.estimate],
            yerr=limits,
            fmt="o",
            color="black",
            capsize=4,
            label=f"cutoff chosen on validation: {deferred.estimate:.1%} held",
        )

    axes.set(
        xlim=(-0.02, 1),
        ylim=(0, 1.5 * max(target, validation["mistake"].mean(), test["mistake"].mean())),
        xlabel="share held for a person",
        ylabel="error rate among the passed",
        title=f"What a person's review buys (test, n = {len(test):,})",
    )
    axes.legend(fontsize=8)
    return figure


def _cost_curve(probabilities: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return thresholds and the mean cost of alerting from each on."""
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    extra_costs_of_alerts = (costs[:, 1] - costs[:, 0])[order]
    total_costs = costs[:, 0].sum() + np.cumsum(extra_costs_of_alerts)

    last_of_equals = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    # Few are near the top of the ranking and decide there, so points are dense among them.
    points = np.unique(np.geomspace(1, len(last_of_equals), _POINTS).astype(int)) - 1
    drawn = last_of_equals[points]
    return ranked[drawn], total_costs[drawn] / len(probabilities)
