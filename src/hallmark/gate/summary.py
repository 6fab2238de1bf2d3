"""The summary of a task, from its findings, its table of scorers and its verdict."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, RULE
from hallmark.contracts.summaries import Level, Reason, Summary
from hallmark.contracts.verdicts import Judgement, Verdict
from hallmark.errors import InputError


def summarise(
    findings: Sequence[Finding], scorers: pd.DataFrame, verdict: Verdict, *, task: str, metric: str
) -> Summary:
    """Return the summary of a task whose primary metric is `metric`.

    `scorers` is evaluation's table: a row for each scorer, split and metric, with estimate, low,
    high and n. Raises `InputError` where it lacks the model, or the simple method that the findings
    name.
    """
    on_test = scorers[(scorers["split"] == "test") & (scorers["metric"] == metric)]
    levels = {level.scorer: level for level in map(_level, on_test.to_dict("records"))}
    simple_method = _best_simple_method(findings, metric)
    missing = {MODEL, *filter(None, [simple_method])} - levels.keys()
    if missing:
        raise InputError(f"scorers.csv of {task} has no {metric} of {sorted(missing)} on test: run evaluate again")

    return Summary(
        task=task,
        metric=metric,
        model=levels[MODEL],
        best_simple_method=levels[simple_method] if simple_method else None,
        rule=levels.get(RULE),
        worst_gap=_worst_gap(findings, metric),
        status=verdict.status,
        reasons=_reasons(verdict),
    )


def summarise_sealed(*, task: str, metric: str) -> Summary:
    """Return the summary of a task whose test split stays sealed: no number, since nothing was judged."""
    unknown = Level(scorer=MODEL, estimate=None, low=None, high=None, n=0)
    return Summary(
        task=task,
        metric=metric,
        model=unknown,
        best_simple_method=None,
        rule=None,
        worst_gap=None,
        status="not judged",
        reasons=(),
    )


def _level(row: Mapping[Hashable, Any]) -> Level:
    numbers = {name: None if pd.isna(row[name]) else float(row[name]) for name in ("estimate", "low", "high")}
    return Level(scorer=str(row["scorer"]), n=int(row["n"]), **numbers)


def _best_simple_method(findings: Sequence[Finding], metric: str) -> str | None:
    """Return the simple method that evaluation chose on the validation split; None where there is
    none.
    """
    chosen = [finding for finding in findings if finding.check == "evaluate.complexity" and finding.metric == metric]
    return chosen[0].against if chosen else None


def _worst_gap(findings: Sequence[Finding], metric: str) -> Finding | None:
    """Return the gap whose interval has the lowest lower end.

    Only gaps of the primary metric count, since units differ; where it is not judged by group, all
    do.
    """
    gaps = [finding for finding in findings if finding.check == "bias.gap"]
    of_primary_metric = [gap for gap in gaps if gap.metric == metric]  # of one metric: units differ
    lowest_limits = {gap.low: gap for gap in reversed(of_primary_metric or gaps) if gap.low is not None}
    return lowest_limits[min(lowest_limits)] if lowest_limits else None


def _reasons(verdict: Verdict) -> tuple[Reason, ...]:
    """Return a reason for each requirement that decided the verdict, with the first finding and the
    number of further ones.

    Where every requirement is met, each applicable one is a reason.
    """
    by_requirement: dict[str, list[Judgement]] = {}
    for judgement in verdict.deciding or verdict.applicable:
        by_requirement.setdefault(judgement.requirement, []).append(judgement)
    return tuple(
        Reason(requirement=name, finding=judgements[0].finding, further=len(judgements) - 1)
        for name, judgements in by_requirement.items()
    )
