"""What only findings on scans can be asked: does the order of the worklist help, and which lesions are missed?"""

from collections.abc import Sequence

import pandas as pd

from hallmark.contracts.examples import GROUP
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, of
from hallmark.errors import InputError
from hallmark.figures import ReportFigure
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import Interval
from hallmark.systems.medical import config
from hallmark.systems.medical.diagnostics import figures, worklist
from hallmark.systems.system import Diagnosis, DiagnosticData


def diagnose(shown: DiagnosticData, settings: config.Diagnostics) -> Diagnosis:
    """Order the test patients by their scores, and tell sensitivity by `settings.groups`.

    Without a positive label there is no order, and nothing is found. Raises `InputError` on a group that the
    examples do not have.
    """
    positive = shown.postprocess[MODEL]["positive"]
    if positive is None:
        return Diagnosis()
    lists = {name: worklist.order(of(shown.predictions, name), positive) for name in shown.scorers}
    noun = shown.examples["test"].source.entity
    found = _triage(lists[MODEL], settings.shares, positive, noun, shown.seed)
    missed = {name: _sensitivity(of(shown.predictions), name, positive, shown.seed) for name in settings.groups}
    for name, by_value in missed.items():
        found += [_missed(name, value, interval, positive, noun) for value, interval in by_value.items()]
    drawn = [ReportFigure(name="triage", question=5, title="triage", drawing=figures.triage(lists, positive, noun))]
    told = {f"{name}: {value}": interval for name, values in missed.items() for value, interval in values.items()}
    if told:
        drawing = figures.sensitivity(told, positive, noun)
        drawn.append(ReportFigure(name="sensitivity", question=5, title="sensitivity", drawing=drawing))
    return Diagnosis(found, drawn)


def _triage(ordered: pd.DataFrame, shares: Sequence[float], positive: str, noun: str, seed: int) -> list[Finding]:
    found = []
    for share in shares:
        caught = worklist.caught(ordered, share, seed=seed)
        why = f"The first {share:.0%} of the {noun}s by score hold {_percent(caught)} of those with {positive}."
        found.append(Finding.from_interval("evaluate.triage", caught, case=f"first {share:.0%}", reason=why))
    place = worklist.median_place(ordered, seed=seed)
    why = f"Half of the {noun}s with {positive} come within the first {_percent(place)} of the worklist"
    first_come = worklist.first_come(ordered)
    why += "." if first_come is None else f", against {first_come:.0%} where they are seen as they came."
    return [*found, Finding.from_interval("evaluate.triage_place", place, reason=why)]


def _sensitivity(rows: pd.DataFrame, name: str, positive: str, seed: int) -> dict[str, Interval]:
    column = GROUP + name
    if column not in rows:
        known = [str(group).removeprefix(GROUP) for group in rows if str(group).startswith(GROUP)]
        raise InputError(f"evaluate.diagnostics.groups names {name!r}, which is none of the groups {known}")
    values = sorted(set(rows[column][rows["label"] == positive]))
    masks = {value: (rows[column] == value).to_numpy() for value in values}
    measured = Measurement(rows, ["sensitivity"], slices=masks, positive=positive, seed=seed).by_group
    found = {value: measured["sensitivity", value] for value in values}
    return dict(sorted(found.items(), key=lambda item: item[1].estimate or 0.0))


def _missed(group: str, value: str, interval: Interval, positive: str, noun: str) -> Finding:
    share = _percent(interval)
    why = f"Of the scans with {positive} and {group} {value}, {share} raise an alert ({interval.n} {noun}s)."
    return Finding.from_interval("evaluate.sensitivity", interval, slice={group: value}, reason=why)


def _percent(interval: Interval) -> str:
    return "an unknown share" if interval.estimate is None else f"{interval.estimate:.0%}"
