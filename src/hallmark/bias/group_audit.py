"""The group audit: each metric in each slice, and the difference of each slice from the rest.

A slice is the rows of one value of a group, or of a pair of values of two groups (see
`group_slices`). The differences are tested as one family: their intervals hold together, all at
once, with the configured confidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from hallmark.bias.coverage import comparable_groups, coverage_findings
from hallmark.bias.gap_plots import plot_by_group, plot_differences
from hallmark.bias.group_slices import GroupSlice, make_slices
from hallmark.config.stages import Bias
from hallmark.contracts.episodes import with_episodes
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.errors import InputError
from hallmark.metrics import METRICS, Measurement, available
from hallmark.metrics.statistics import Interval
from hallmark.report_figures import ReportFigure

# A difference is detected with 80 % power where it is (c + 0.84) standard errors; c, 2.6 to 3.2, is the quantile of the
# family's simultaneous intervals, 0.84 the 80 % quantile of the normal distribution.
_FAMILY_HALF_WIDTHS = 1.3  # that difference in half widths of a simultaneous interval, (c + 0.84) / c
_SINGLE_HALF_WIDTHS = 2.0  # the same in half widths of a single 95 % interval, (c + 0.84) / 1.96
_TABLE_CONFIDENCE = 0.95  # of each interval of the table alone; the table's intervals are not simultaneous

_COLUMNS = ("metric", "member", "group", "value", "rows", "entities", "estimate", "low", "high", "note")
_PLOT_DIGITS = 4  # significant ones

_ALL = "all"  # stands for the slice of all rows
_UNKNOWN = Interval(None, None, None, 0)

Intervals = Mapping[tuple[str, str], Interval]  # by metric and name of the slice


@dataclass(frozen=True)
class _Size:
    """How many rows of a slice count for a metric, and of how many entities they are."""

    rows: int
    entities: int
    row_noun: str  # what a row is, in the singular: an example, or for metrics of episodes an episode

    def __str__(self) -> str:
        return f"{self.rows:,} {self.row_noun}s of {self.entities:,} entities"


Sizes = Mapping[tuple[str, str], _Size]  # by metric and name of the slice


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the stage `bias` writes.

    table: groups.csv, a row for each metric and slice; `member` is the slice's name, "all" for all
        rows.
    plots: By metric, the table that `dvc plots` draws: a row for each value of a group.
    """

    table: pd.DataFrame
    findings: list[Finding]
    figures: list[ReportFigure]
    plots: dict[str, pd.DataFrame]


def no_audit(settings: Bias) -> Audit:
    """Return the audit of no rows, as where the test split stays sealed: tables of no rows, and no finding."""
    table = pd.DataFrame(columns=list(_COLUMNS))
    plots = {metric: _plot_table(table, metric, []) for metric in settings.metrics}
    return Audit(table=table, findings=[], figures=[], plots=plots)


def audit(
    predictions: pd.DataFrame,
    settings: Bias,
    *,
    episodes: pd.DataFrame | None = None,
    positive: str | None,
    seed: int,
    min_rows: int = 20,
) -> Audit:
    """Audit the predictions of one scorer on one split, and its episodes where it has any.

    The table has every metric that predictions and episodes can give. Findings are on the
    differences in `settings.metrics` only: each further metric enlarges the family and widens all
    its intervals. `settings.confidence` is that of the family. A slice in which fewer than
    `min_rows` rows count for a metric is "too small": it gets no numbers. Coverage is judged by the
    predictions alone: episodes make no group larger.

    Raises `InputError` on a metric that neither predictions nor episodes can give.
    """
    rows = predictions.assign(is_episode=False)
    if episodes is not None:
        rows = with_episodes(rows, episodes.assign(is_episode=True)).sort_values("id", ignore_index=True)
    is_episode = rows.pop("is_episode").to_numpy(bool)

    metrics = available(rows, positive=positive)
    unknown_metrics = [metric for metric in settings.metrics if metric not in metrics]
    if unknown_metrics:
        raise InputError(
            f"bias.metrics has {unknown_metrics[0]!r}, which these predictions cannot give: they give {metrics}"
        )

    groups = comparable_groups(predictions, settings.groups)
    slices = make_slices(rows, groups)
    sizes = _measure_sizes(rows, is_episode, metrics, slices)

    measurement = Measurement(
        rows,
        metrics,
        slices={each.name: each.mask for each in slices if each.rows >= min_rows},
        positive=positive,
        seed=seed,
        confidence=_TABLE_CONFIDENCE,
        progress=partial(track, description="bias", console=Console(stderr=True), transient=True),
    )
    overall = {(metric, _ALL): value for metric, value in measurement.overall.items()}
    by_group = overall | {key: value for key, value in measurement.by_group.items() if sizes[key].rows >= min_rows}
    family = measurement.difference(settings.metrics, confidence=settings.confidence)
    differences = {key: value for key, value in family.items() if sizes[key].rows >= min_rows}

    prediction_slices = make_slices(predictions, groups)
    findings = coverage_findings(predictions, settings.groups, prediction_slices, min_rows=min_rows)
    for metric in settings.metrics:
        for group_slice in slices:
            findings.append(_gap_finding(metric, group_slice, differences, by_group, sizes))

    table = _audit_table(slices, by_group, sizes, metrics)
    members = [_ALL, *(each.name for each in slices if len(each.groups) == 1)]
    return Audit(
        table=table,
        findings=findings,
        figures=_draw_figures(table, differences, sizes, settings),
        plots={metric: _plot_table(table, metric, members) for metric in settings.metrics},
    )


def _measure_sizes(
    rows: pd.DataFrame, is_episode: np.ndarray, metrics: Sequence[str], slices: Sequence[GroupSlice]
) -> Sizes:
    """Return the size of each slice, and of all rows, for each metric.

    A row counts for a metric where its `weight.<metric>` is above 0; a metric without weights
    counts every example. `is_episode` (n,) is true for the rows that are episodes.
    """
    entities = pd.factorize(rows["entity"])[0]
    masks = {_ALL: np.ones(len(rows), bool)} | {each.name: each.mask for each in slices}

    sizes = {}
    for metric in metrics:
        counts = rows[WEIGHT + metric].to_numpy() > 0 if WEIGHT + metric in rows else ~is_episode
        has_episodes = SCORE + metric in rows and bool(is_episode[counts].any())
        row_noun = "episode" if has_episodes else "example"
        for name, mask in masks.items():
            counted_entities = entities[mask & counts]
            sizes[metric, name] = _Size(len(counted_entities), len(np.unique(counted_entities)), row_noun)
    return sizes


def _audit_table(
    slices: Sequence[GroupSlice], by_group: Intervals, sizes: Sizes, metrics: Sequence[str]
) -> pd.DataFrame:
    """Return a row for each metric and slice, all rows first; `rows` and `entities` are those that count for it."""
    descriptions = [{"member": _ALL, "group": _ALL, "value": ""}]
    for each in slices:
        descriptions.append({"member": each.name, "group": " & ".join(each.groups), "value": " & ".join(each.values)})

    records = []
    for metric in metrics:
        for description in descriptions:
            key = (metric, description["member"])
            value = by_group.get(key)
            limits = value or _UNKNOWN
            records.append(
                {
                    "metric": metric,
                    **description,
                    "rows": sizes[key].rows,
                    "entities": sizes[key].entities,
                    "estimate": limits.estimate,
                    "low": limits.low,
                    "high": limits.high,
                    "note": _note(value),
                }
            )
    return pd.DataFrame.from_records(records, columns=list(_COLUMNS)).astype(
        {"estimate": float, "low": float, "high": float}
    )


def _plot_table(table: pd.DataFrame, metric: str, members: Sequence[str]) -> pd.DataFrame:
    """Return the rows of these slices that have an estimate: slice, estimate, low, high and entities."""
    rows = table[(table["metric"] == metric) & table["member"].isin(members) & table["estimate"].notna()]
    plot = rows[["member", "estimate", "low", "high", "entities"]].rename(columns={"member": "slice"})
    for name in ("estimate", "low", "high"):
        plot[name] = [float(f"{value:.{_PLOT_DIGITS}g}") for value in plot[name]]
    return plot


def _note(value: Interval | None) -> str:
    """Return why a slice has no interval; empty where it has one."""
    if value is None:
        return "too small"
    return "" if value.low is not None else "not estimable"


def _draw_figures(table: pd.DataFrame, differences: Intervals, sizes: Sizes, settings: Bias) -> list[ReportFigure]:
    by_group = []
    gaps = []
    for metric in settings.metrics:
        row_noun = sizes[metric, _ALL].row_noun
        values_plot = plot_by_group(table, differences, metric, row_noun=row_noun)
        differences_plot = plot_differences(
            table, differences, metric, row_noun=row_noun, confidence=settings.confidence
        )
        name = metric.replace("_", " ")
        by_group.append(ReportFigure(name=metric, question=5, title=f"{name} by group", drawing=values_plot))
        gaps.append(
            ReportFigure(
                name=f"{metric}_gap", question=5, title=f"difference in {name} from the rest", drawing=differences_plot
            )
        )
    return [*by_group, *gaps]


def _gap_finding(
    metric: str, group_slice: GroupSlice, differences: Intervals, by_group: Intervals, sizes: Sizes
) -> Finding:
    """Return the difference of a slice from the rest in a metric, > 0 where the slice fares better."""
    n_entities = sizes[metric, group_slice.name].entities
    difference = differences.get((metric, group_slice.name), _UNKNOWN)
    return Finding.from_interval(
        "bias.gap",
        replace(difference, n=n_entities),
        metric=metric,
        slice=group_slice.fields,
        reason=_gap_sentence(metric, group_slice.name, difference, by_group, sizes),
    )


def _gap_sentence(metric: str, slice_name: str, difference: Interval, by_group: Intervals, sizes: Sizes) -> str:
    """Return a sentence with the metric inside and outside the slice, or with the difference that could be missed."""
    label = METRICS[metric].label
    size = sizes[metric, slice_name]
    if difference.estimate is None or difference.low is None or difference.high is None:
        n_all_rows = sizes[metric, _ALL].rows
        detectable = _detectable_difference(by_group[metric, _ALL], size.rows, n_all_rows)
        clause = "" if detectable is None else f"; a gap under {detectable:.2g} would often go unseen"
        return f"{size}: too little to compare {label}{clause}."

    inside = by_group[metric, slice_name].estimate
    assert inside is not None
    sign = 1 if METRICS[metric].higher_is_better else -1
    outside = inside - difference.estimate * sign
    values = f"{label} is {inside:.3g} for {slice_name} and {outside:.3g} elsewhere"
    if difference.low > 0 or difference.high < 0:
        side = "better" if difference.low > 0 else "worse"
        return f"{values}: {side}, even with all comparisons of the audit taken together."

    detectable = _FAMILY_HALF_WIDTHS * (difference.estimate - difference.low)
    return f"{values}: no gap is shown, though one under {detectable:.2g} would often go unseen in {size}."


def _detectable_difference(overall: Interval, n_slice_rows: int, n_all_rows: int) -> float | None:
    """Return about which difference a slice would show with 80 % power, in the metric's unit; None where unknown.

    The slice was not measured: the half width of the interval on all rows is scaled by the root of
    the numbers of rows.
    """
    if not n_slice_rows or overall.low is None or overall.high is None:
        return None
    half_width = (overall.high - overall.low) / 2
    return _SINGLE_HALF_WIDTHS * half_width * sqrt(n_all_rows / n_slice_rows)
