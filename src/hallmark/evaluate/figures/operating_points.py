"""Operating points: expected cost by threshold, and selective risk by the share deferred to a person."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hallmark.evaluate.selective_prediction import SelectivePrediction
from hallmark.report_figures import PALETTE, blank

_POINTS = 400  # of a cost curve, at most


def plot_threshold_cost(
    by_split: Mapping[str, tuple[np.ndarray, np.ndarray]],
    baseline_costs: Mapping[str, float],
    *,
    threshold: float,
    unit: str,
) -> Figure:
    """Draw the expected cost of 1,000 decisions over the alert threshold.

    by_split: For "validation" and "test", P(positive) (n,) and each example's costs (n, 2) without
        and with an alert.
    baseline_costs: Each baseline's mean cost of one decision on test, at its own threshold.
    threshold: The one chosen on validation.
    unit: Of the costs.
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

    axes.axhline(cost_without_alerts, color="0.5", lw=0.9, ls=":", label=f"never alert: {cost_without_alerts:.4g}")
    for (name, cost), colour in zip(baseline_costs.items(), PALETTE[1:4] + PALETTE[5:], strict=False):
        label = f"{name} at its own threshold: {1000 * cost:.4g}"
        axes.axhline(1000 * cost, color=colour, lw=1, label=label)
    axes.axvline(threshold, color="black", lw=1, label=f"threshold chosen on validation: {threshold:.3g}")

    axes.set(
        xscale="log",
        xlim=(min(lowest_thresholds) / 1.5, 1.05),
        ylim=(0, ceiling),
        xlabel="alert threshold on the predicted probability",
        ylabel=f"expected cost of 1,000 decisions ({unit})",
        title=f"Expected cost by alert threshold (test, n = {len(test_probabilities):,} examples)",
    )
    figure.legend(fontsize=8, loc="outside right upper")
    return figure


def plot_risk_coverage(validation: pd.DataFrame, test: pd.DataFrame, selection: SelectivePrediction) -> Figure:
    """Draw the selective risk over the fraction deferred to a person, the least certain predictions first.

    `validation` and `test` are the model's rows, as `selective_prediction.rows_with_mistakes`
    returns them. The point with a 95 % interval is `selection`, the threshold that was chosen on
    validation, measured on test.
    """
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
    axes.axhline(target, color=PALETTE[1], lw=1, ls=":", label=f"target selective risk: {target:.2%}")
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
            label=f"threshold chosen on validation: {deferred.estimate:.1%} deferred",
        )

    axes.set(
        xlim=(-0.02, 1),
        ylim=(0, 1.5 * max(target, validation["mistake"].mean(), test["mistake"].mean())),
        xlabel="fraction deferred to a person",
        ylabel="selective risk (error rate of accepted predictions)",
        title=f"Selective risk by deferred fraction (test, n = {len(test):,} examples)",
    )
    axes.legend(fontsize=8)
    return figure


def _cost_curve(probabilities: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return thresholds, descending, and the mean cost of a decision that alerts at a probability of at least each.

    probabilities: (n,) P(positive).
    costs: (n, 2) of each example without and with an alert.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    extra_costs_of_alerts = (costs[:, 1] - costs[:, 0])[order]
    total_costs = costs[:, 0].sum() + np.cumsum(extra_costs_of_alerts)

    last_of_equals = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    # Points are spaced by the logarithm of the rank: the thresholds of interest alert on few examples, the top ranks.
    points = np.unique(np.geomspace(1, len(last_of_equals), _POINTS).astype(int)) - 1
    drawn = last_of_equals[points]
    return ranked[drawn], total_costs[drawn] / len(probabilities)
