"""The audit: a table of every metric by every group and pair of groups, and findings on the gaps, as one family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import track

from hallmark.bias.coverage import coverage, usable
from hallmark.bias.group_slices import Member, members_of
from hallmark.bias.plots import gap_figure, level_figure
from hallmark.contracts.episodes import with_episodes
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import WEIGHT
from hallmark.errors import InputError
from hallmark.figures import ReportFigure
from hallmark.metrics import METRICS, Measurement, available
from hallmark.metrics.statistics import Interval

_POWER = (
    1.3  # (c + 0.84) / c: the gap seen with 80 % power over the interval's arm, at a family's quantiles c of 2.6-3.2
)
_ALONE = 2.0  # (c + 0.84) / 1.96: the same, over the arm of a single 95 % interval
_LEVEL = 0.95  # of the table's intervals, each by itself


@dataclass(frozen=True)
class Audit:
    """`table` is tidy: one row for each metric and member."""

    table: pd.DataFrame
    findings: list[Finding]
    figures: list[ReportFigure]


def audit(
    predictions: pd.DataFrame,
    *,
    episodes: pd.DataFrame | None = None,
    metrics: Sequence[str],
    groups: Sequence[str],
    positive: str | None,
    confidence: float,
    seed: int,
    minimum: int = 20,
) -> Audit:
    """Audit the predictions of one scorer on one split, and its episodes, where it has any.

    The table has every metric that these can give; gaps are found for `metrics` only, since each more makes
    the family larger and all its intervals wider. `confidence` is the family's. Members with fewer than `minimum` rows
    are "too small": they are in the table and the findings, without numbers; so are gaps in a metric for which fewer
    count. Episodes cover no group. Raises `InputError` on a metric that neither predictions nor episodes can give.
    """
    rows = predictions
    if episodes is not None:
        rows = with_episodes(predictions, episodes).sort_values("id", ignore_index=True)
    given = available(rows, positive=positive)
    unknown = [metric for metric in metrics if metric not in given]
    if unknown:
        raise InputError(f"bias.metrics has {unknown[0]!r}, which these predictions cannot give: they give {given}")

    groups_covered = usable(predictions, groups)
    members = members_of(rows, groups_covered)
    large = {member.name: member.mask for member in members if member.rows >= minimum}

    measurement = Measurement(
        rows,
        given,
        slices=large,
        positive=positive,
        seed=seed,
        confidence=_LEVEL,
        progress=partial(track, description="bias", console=Console(stderr=True), transient=True),
    )
    overall = {(metric, "all"): interval for metric, interval in measurement.overall.items()}
    measured = overall | measurement.by_group
    differences = {
        (metric, name): gap
        for (metric, name), gap in measurement.difference(metrics, confidence=confidence).items()
        if _count_rows(rows, metric, large[name]) >= minimum
    }

    table = _table(rows, members, measured, given)
    drawings = {metric: level_figure(table, differences, metric) for metric in metrics}
    drawings |= {f"{metric}_gap": gap_figure(table, differences, metric, confidence) for metric in metrics}
    figures = [_report_figure(name, drawing) for name, drawing in drawings.items()]

    covered = coverage(predictions, groups, members_of(predictions, groups_covered), minimum=minimum)
    judged = [_gap(metric, member, differences, measured, len(rows)) for metric in metrics for member in members]
    return Audit(table, covered + judged, figures)


def _report_figure(name: str, drawing: Figure) -> ReportFigure:
    title = f"bias {name.replace('_', ' ')}"
    return ReportFigure(name=name, question=5, title=title, drawing=drawing)


def _count_rows(rows: pd.DataFrame, metric: str, mask: np.ndarray) -> int:
    """Return how many rows of a member count for a metric."""
    if WEIGHT + metric not in rows:
        return int(mask.sum())
    counts = rows[WEIGHT + metric].to_numpy() > 0
    return int(counts[mask].sum())


def _table(
    predictions: pd.DataFrame,
    members: Sequence[Member],
    measured: Mapping[tuple[str, str], Interval],
    metrics: Sequence[str],
) -> pd.DataFrame:
    sizes = [("all", "all", "", len(predictions), predictions["entity"].nunique())]
    sizes += [(m.name, " & ".join(m.groups), " & ".join(m.values), m.rows, m.entities) for m in members]
    records = []
    for metric in metrics:
        for name, group, value, rows, entities in sizes:
            interval = measured.get((metric, name))
            records.append(
                {
                    "metric": metric,
                    "member": name,
                    "group": group,
                    "value": value,
                    "rows": rows,
                    "entities": entities,
                    "estimate": interval.estimate if interval else None,
                    "low": interval.low if interval else None,
                    "high": interval.high if interval else None,
                    "note": _note(interval),
                }
            )
    return pd.DataFrame.from_records(records).astype({"estimate": float, "low": float, "high": float})


def _note(interval: Interval | None) -> str:
    if interval is None:
        return "too small"
    return "" if interval.low is not None else "not estimable"


def _gap(
    metric: str,
    member: Member,
    differences: Mapping[tuple[str, str], Interval],
    measured: Mapping[tuple[str, str], Interval],
    rows: int,
) -> Finding:
    gap = differences.get((metric, member.name), Interval(None, None, None, member.entities))
    return Finding.from_interval(
        "bias.gap",
        replace(gap, n=member.entities),
        metric=metric,
        slice=member.slice,
        reason=_why(metric, member, gap, measured, rows),
    )


def _why(metric: str, member: Member, gap: Interval, measured: Mapping[tuple[str, str], Interval], rows: int) -> str:
    label = METRICS[metric].label
    if gap.estimate is None or gap.low is None or gap.high is None:
        return f"{_size(member)}: too little to compare {label}{_unseen(measured[metric, 'all'], member.rows, rows)}."
    inside = measured[metric, member.name].estimate
    assert inside is not None
    outside = inside - gap.estimate * (1 if METRICS[metric].higher_is_better else -1)
    values = f"{label} is {inside:.3g} for {member.name} and {outside:.3g} elsewhere"
    if gap.low > 0 or gap.high < 0:
        side = "better" if gap.low > 0 else "worse"
        return f"{values}: {side}, even with all comparisons of the audit taken together."
    smallest = _POWER * (gap.estimate - gap.low)
    return f"{values}: no gap is shown, though one under {smallest:.2g} would often go unseen in {_size(member)}."


def _size(member: Member) -> str:
    return f"{member.rows:,} examples of {member.entities:,} entities"


def _unseen(overall: Interval, rows: int, of: int) -> str:
    """Say about which gap so few rows would show, scaled from the interval of all rows by the root of their number."""
    if not rows or overall.low is None or overall.high is None:
        return ""
    return f"; a gap under {_ALONE * (overall.high - overall.low) / 2 * sqrt(of / rows):.2g} would often go unseen"
