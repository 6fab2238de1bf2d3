"""What only findings on scans can be asked: does the order of the worklist help, and which lesions are missed?"""

from collections.abc import Sequence

import pandas as pd

from hallmark.contracts.examples import GROUP
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, of
from hallmark.errors import InputError
from hallmark.metrics import levels
from hallmark.metrics.statistics import Interval
from hallmark.systems.contract import Probe, Probed
from hallmark.systems.medical import config
from hallmark.systems.medical.probing import figures, worklist


def probe(shown: Probe, settings: config.Probe) -> Probed:
    """Order the test patients by their scores, and tell sensitivity by `settings.groups`.

    Without a positive label there is no order, and nothing is found. Raises `InputError` on a group that the
    examples do not have.
    """
    positive = shown.postprocess[MODEL]["positive"]
    if positive is None:
        return Probed()
    lists = {name: worklist.order(of(shown.predictions, name), positive) for name in shown.scorers}
    noun = shown.examples["test"].source.entity
    found = _triage(lists[MODEL], settings.shares, positive, noun, shown.seed)
    missed = {name: _sensitivity(of(shown.predictions), name, positive, shown.seed) for name in settings.groups}
    for name, by_value in missed.items():
        found += [_missed(f"{name} {value}", interval, positive, noun) for value, interval in by_value.items()]
    drawn = {"triage": figures.triage(lists, positive, noun)}
    told = {f"{name}: {value}": interval for name, values in missed.items() for value, interval in values.items()}
    if told:
        drawn["sensitivity"] = figures.sensitivity(told, positive, noun)
    return Probed(found, drawn)


def _triage(ordered: pd.DataFrame, shares: Sequence[float], positive: str, noun: str, seed: int) -> list[Finding]:
    found = []
    for share in shares:
        caught = worklist.caught(ordered, share, seed=seed)
        why = f"The first {share:.0%} of the {noun}s by score hold {_percent(caught)} of those with {positive}."
        found.append(_finding("evaluate.triage", f"first {share:.0%}", caught, why))
    place = worklist.median_place(ordered, seed=seed)
    why = f"Half of the {noun}s with {positive} come within the first {_percent(place)} of the worklist"
    first_come = worklist.first_come(ordered)
    why += "." if first_come is None else f", against {first_come:.0%} where they are seen as they came."
    return [*found, _finding("evaluate.triage", "median place", place, why)]


def _sensitivity(rows: pd.DataFrame, name: str, positive: str, seed: int) -> dict[str, Interval]:
    column = GROUP + name
    if column not in rows:
        known = [str(group).removeprefix(GROUP) for group in rows if str(group).startswith(GROUP)]
        raise InputError(f"evaluate.probe.groups names {name!r}, which is none of the groups {known}")
    values = sorted(set(rows[column][rows["label"] == positive]))
    masks = {value: (rows[column] == value).to_numpy() for value in values}
    measured = levels(rows, masks, ["sensitivity"], positive=positive, seed=seed)
    found = {value: measured["sensitivity", value] for value in values}
    return dict(sorted(found.items(), key=lambda item: item[1].estimate or 0.0))


def _missed(subject: str, interval: Interval, positive: str, noun: str) -> Finding:
    why = f"Of the scans with {positive} and {subject}, {_percent(interval)} raise an alert ({interval.n} {noun}s)."
    return _finding("evaluate.sensitivity", subject, interval, why)


def _finding(check: str, subject: str, interval: Interval, why: str) -> Finding:
    return Finding(check, 5, subject, interval.estimate, interval.low, interval.high, n=interval.n, why=why)


def _percent(interval: Interval) -> str:
    return "an unknown share" if interval.estimate is None else f"{interval.estimate:.0%}"
