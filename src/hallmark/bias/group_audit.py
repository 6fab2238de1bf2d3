"""The audit: a table of every metric by every group and pair of groups, and findings on the gaps, as one family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from hallmark.bias.coverage import comparable_groups, coverage_findings
from hallmark.bias.group_slices import GroupSlice, make_slices
from hallmark.bias.plots import plot_by_group, plot_differences
from hallmark.config.stages import Bias
from hallmark.contracts.episodes import with_episodes
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import WEIGHT
from hallmark.errors import InputError
from hallmark.figures import ReportFigure
from hallmark.metrics import METRICS, Measurement, available
from hallmark.metrics.statistics import Interval

# The gap that is seen with 80 % power is (c + 0.84) standard errors, where c, 2.6 to 3.2, is the family's quantile.
_FAMILY_HALF_WIDTHS = 1.3  # that gap in half widths of an interval of the family, (c + 0.84) / c
_SINGLE_HALF_WIDTHS = 2.0  # the same in half widths of a single 95 % interval, (c + 0.84) / 1.96
_TABLE_CONFIDENCE = 0.95  # of the table's intervals, each by itself

_UNKNOWN = Interval(None, None, None, 0)

By = Mapping[tuple[str, str], Interval]  # by metric and slice


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the stage `bias` writes; `table` has one row for each metric and slice."""

    table: pd.DataFrame
    findings: list[Finding]
    figures: list[ReportFigure]


def audit(
    predictions: pd.DataFrame,
    settings: Bias,
    *,
    episodes: pd.DataFrame | None = None,
    positive: str | None,
    seed: int,
    min_rows: int = 20,
) -> Audit:
    """Audit the predictions of one scorer on one split, and its episodes, where it has any.

    The table has every metric that these can give; differences are judged for `settings.metrics` only, since each more
    makes the family larger and all its intervals wider. `settings.confidence` is the family's. Slices with fewer than
    `min_rows` rows are "too small": they are in the table and the findings, without numbers; so are differences in a
    metric for which fewer count. Episodes cover no group. Raises `InputError` on a metric that neither predictions nor
    episodes can give.
    """
    rows = predictions
    if episodes is not None:
        rows = with_episodes(predictions, episodes).sort_values("id", ignore_index=True)
    metrics = available(rows, positive=positive)
    unknown_metrics = [metric for metric in settings.metrics if metric not in metrics]
    if unknown_metrics:
        raise InputError(
            f"bias.metrics has {unknown_metrics[0]!r}, which these predictions cannot give: they give {metrics}"
        )

    groups = comparable_groups(predictions, settings.groups)
    slices = make_slices(rows, groups)
    large_slices = {each.name: each.mask for each in slices if each.rows >= min_rows}

    measurement = Measurement(
        rows,
        metrics,
        slices=large_slices,
        positive=positive,
        seed=seed,
        confidence=_TABLE_CONFIDENCE,
        progress=partial(track, description="bias", console=Console(stderr=True), transient=True),
    )
    overall = {(metric, "all"): value for metric, value in measurement.overall.items()}
    by_group = overall | measurement.by_group
    family = measurement.difference(settings.metrics, confidence=settings.confidence)
    differences = {
        (metric, name): difference
        for (metric, name), difference in family.items()
        if _count_rows(rows, metric, large_slices[name]) >= min_rows
    }

    prediction_slices = make_slices(predictions, groups)
    findings = coverage_findings(predictions, settings.groups, prediction_slices, min_rows=min_rows)
    for metric in settings.metrics:
        for group_slice in slices:
            reason = _gap_sentence(metric, group_slice, differences, by_group, n_rows=len(rows))
            findings.append(_gap_finding(metric, group_slice, differences, reason))

    table = _audit_table(rows, slices, by_group, metrics)
    return Audit(table=table, findings=findings, figures=_draw_figures(table, differences, settings))


def _count_rows(rows: pd.DataFrame, metric: str, mask: np.ndarray) -> int:
    """Return how many rows of a slice count for a metric."""
    if WEIGHT + metric not in rows:
        return int(mask.sum())
    counts = rows[WEIGHT + metric].to_numpy() > 0
    return int(counts[mask].sum())


def _audit_table(
    rows: pd.DataFrame, slices: Sequence[GroupSlice], by_group: By, metrics: Sequence[str]
) -> pd.DataFrame:
    overall_size = {
        "member": "all",
        "group": "all",
        "value": "",
        "rows": len(rows),
        "entities": rows["entity"].nunique(),
    }
    slice_sizes = [
        {
            "member": each.name,
            "group": " & ".join(each.groups),
            "value": " & ".join(each.values),
            "rows": each.rows,
            "entities": each.entities,
        }
        for each in slices
    ]
    records = []
    for metric in metrics:
        for size in (overall_size, *slice_sizes):
            value = by_group.get((metric, str(size["member"])))
            limits = value or _UNKNOWN
            records.append(
                {
                    "metric": metric,
                    **size,
                    "estimate": limits.estimate,
                    "low": limits.low,
                    "high": limits.high,
                    "note": _note(value),
                }
            )
    return pd.DataFrame.from_records(records).astype({"estimate": float, "low": float, "high": float})


def _note(value: Interval | None) -> str:
    """Return why a slice has no interval; empty where it has one."""
    if value is None:
        return "too small"
    return "" if value.low is not None else "not estimable"


def _draw_figures(table: pd.DataFrame, differences: By, settings: Bias) -> list[ReportFigure]:
    drawings = {metric: plot_by_group(table, differences, metric) for metric in settings.metrics}
    for metric in settings.metrics:
        drawings[f"{metric}_gap"] = plot_differences(table, differences, metric, settings.confidence)
    return [
        ReportFigure(name=name, question=5, title=f"bias {name.replace('_', ' ')}", drawing=drawing)
        for name, drawing in drawings.items()
    ]


def _gap_finding(metric: str, group_slice: GroupSlice, differences: By, reason: str) -> Finding:
    unknown = Interval(None, None, None, group_slice.entities)
    difference = differences.get((metric, group_slice.name), unknown)
    return Finding.from_interval(
        "bias.gap",
        replace(difference, n=group_slice.entities),
        metric=metric,
        slice=group_slice.fields,
        reason=reason,
    )


def _gap_sentence(metric: str, group_slice: GroupSlice, differences: By, by_group: By, *, n_rows: int) -> str:
    """Return what a slice's difference to the rest is, or how large one would have to be to be seen."""
    label = METRICS[metric].label
    size = f"{group_slice.rows:,} examples of {group_slice.entities:,} entities"
    difference = differences.get((metric, group_slice.name))
    if difference is None or difference.estimate is None or difference.low is None or difference.high is None:
        visible = _visible_gap(by_group[metric, "all"], group_slice.rows, n_rows)
        return f"{size}: too little to compare {label}{visible}."

    inside = by_group[metric, group_slice.name].estimate
    assert inside is not None
    sign = 1 if METRICS[metric].higher_is_better else -1
    outside = inside - difference.estimate * sign
    values = f"{label} is {inside:.3g} for {group_slice.name} and {outside:.3g} elsewhere"
    if difference.low > 0 or difference.high < 0:
        side = "better" if difference.low > 0 else "worse"
        return f"{values}: {side}, even with all comparisons of the audit taken together."

    smallest_visible = _FAMILY_HALF_WIDTHS * (difference.estimate - difference.low)
    return f"{values}: no gap is shown, though one under {smallest_visible:.2g} would often go unseen in {size}."


def _visible_gap(overall: Interval, n_slice_rows: int, n_rows: int) -> str:
    """Return about which gap so few rows would show: scaled from that of all rows by the root of their number."""
    if not n_slice_rows or overall.low is None or overall.high is None:
        return ""
    half_width = (overall.high - overall.low) / 2
    visible = _SINGLE_HALF_WIDTHS * half_width * sqrt(n_rows / n_slice_rows)
    return f"; a gap under {visible:.2g} would often go unseen"
