"""Diagnostics of scans: does a worklist find the ill early, and which lesions are missed?"""

from collections.abc import Sequence

import pandas as pd

from hallmark.contracts.examples import GROUP
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, of
from hallmark.errors import InputError
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import Interval
from hallmark.report_figures import ReportFigure
from hallmark.systems.medical import config
from hallmark.systems.medical.diagnostics import worklist, worklist_figures
from hallmark.systems.system import Diagnosis, DiagnosticData


def diagnose(data: DiagnosticData, settings: config.Diagnostics) -> Diagnosis:
    """Order the test patients by their scores, and measure the sensitivity by `settings.groups`.

    Without a positive label there is no order, and there are no findings. Raises `InputError` on a
    group that the examples do not have.
    """
    positive = data.postprocess[MODEL]["positive"]
    if positive is None:
        return Diagnosis()

    noun = data.examples["test"].source.entity
    model_rows = of(data.predictions)
    worklists = {name: worklist.order_patients(of(data.predictions, name), positive) for name in data.scorers}
    sensitivities = {
        group: _measure_sensitivity(model_rows, group, positive, seed=data.seed) for group in settings.groups
    }

    findings = _triage_findings(worklists[MODEL], settings.shares, positive, noun, seed=data.seed)
    for group, by_value in sensitivities.items():
        findings += [_sensitivity_finding(group, value, each, positive, noun) for value, each in by_value.items()]

    triage = worklist_figures.draw_triage(worklists, positive, noun)
    report_figures = [ReportFigure(name="triage", question=5, title="triage", drawing=triage)]
    by_label = {f"{group}: {value}": each for group, values in sensitivities.items() for value, each in values.items()}
    if by_label:
        drawing = worklist_figures.draw_sensitivity(by_label, positive, noun)
        report_figures.append(ReportFigure(name="sensitivity", question=5, title="sensitivity", drawing=drawing))
    return Diagnosis(findings, report_figures)


def _triage_findings(
    patients: pd.DataFrame, shares: Sequence[float], positive: str, noun: str, *, seed: int
) -> list[Finding]:
    """Return the share of the ill in each first part of the worklist, and their median place.

    `patients` is the model's worklist; `noun` is what a patient is called.
    """
    findings = []
    for share in shares:
        found = worklist.measure_share_found(patients, share, seed=seed)
        reason = f"The first {share:.0%} of the {noun}s by score hold {_percent(found)} of those with {positive}."
        findings.append(Finding.from_interval("evaluate.triage", found, case=config.triage_case(share), reason=reason))

    place = worklist.measure_median_place(patients, seed=seed)
    reason = f"Half of the {noun}s with {positive} come within the first {_percent(place)} of the worklist"
    place_by_time = worklist.median_place_by_time(patients)
    reason += "." if place_by_time is None else f", against {place_by_time:.0%} where they are seen as they came."
    findings.append(Finding.from_interval("evaluate.triage_place", place, reason=reason))
    return findings


def _measure_sensitivity(rows: pd.DataFrame, group: str, positive: str, *, seed: int) -> dict[str, Interval]:
    """Return the sensitivity for each value of `group`, the lowest first.

    Values without a positive example are left out. Raises `InputError` where `rows`, predictions,
    lack the group.
    """
    column = GROUP + group
    if column not in rows:
        groups = [str(name).removeprefix(GROUP) for name in rows if str(name).startswith(GROUP)]
        raise InputError(f"evaluate.diagnostics.groups names {group!r}, which is none of the groups {groups}")

    values = sorted(set(rows[column][rows["label"] == positive]))
    slices = {value: (rows[column] == value).to_numpy() for value in values}
    by_group = Measurement(rows, ["sensitivity"], slices=slices, positive=positive, seed=seed).by_group
    by_value = {value: by_group["sensitivity", value] for value in values}
    return dict(sorted(by_value.items(), key=lambda item: item[1].estimate or 0.0))


def _sensitivity_finding(group: str, value: str, interval: Interval, positive: str, noun: str) -> Finding:
    share = _percent(interval)
    reason = f"Of the scans with {positive} and {group} {value}, {share} raise an alert ({interval.n} {noun}s)."
    return Finding.from_interval("evaluate.sensitivity", interval, slice={group: value}, reason=reason)


def _percent(interval: Interval) -> str:
    return "an unknown share" if interval.estimate is None else f"{interval.estimate:.0%}"
