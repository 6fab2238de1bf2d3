"""A task's own descriptors, metrics and tests of Evidently: `drift.descriptors` and `drift.metrics`.

A test's result becomes a finding, `drift.test`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from hallmark import components
from hallmark.components import SLOTS, Factory
from hallmark.config.component import Component
from hallmark.contracts.findings import Finding, Verdict
from hallmark.drift.evidently_reports import Part, run
from hallmark.drift.preset_tables import PresetTable
from hallmark.drift.round_brackets import texts_with_round_brackets, with_round_brackets
from hallmark.errors import InputError

_Result = TypeVar("_Result")
_SECTION = "drift"
# A test that Evidently calls uncritical warns: a person decides.
_VERDICTS: Mapping[str, Verdict] = {"SUCCESS": "pass", "FAIL": "fail", "WARNING": "unresolved"}
_NOTE = "By the task's drift.{}, on the {} split as reference and the recent window as current data.".format
# Evidently's own verdicts of drift, by thresholds of its own: the headline is the one that counts.
_DRIFT_VERDICTS = ("evidently:metric_v2:ValueDrift", "evidently:metric_v2:DriftedColumnsCount")
_NOT_SHOWN_NOTE = (
    "Not drawn: by Evidently's thresholds, which are constants, it would say something else about drift than the "
    "headline. Its values are in snapshot.json, and its tests count."
)


@dataclass(frozen=True)
class OwnMetrics:
    """What the task's own sections give: parts of the page, and a finding for each metric that has tests."""

    parts: list[Part]
    findings: list[Finding]


def measure(
    table: PresetTable,
    *,
    descriptors: Mapping[str, Component | None],
    metrics: Mapping[str, Component | None],
    task: str,
) -> OwnMetrics:
    """Compute the descriptors of texts, then the metrics, which may be of the descriptors' columns.

    descriptors, metrics: A name → a component (see `hallmark.components`). A descriptor's column is
        called as its name, unless it has an alias.

    Raises `InputError` where one can't be made or computed, with its key and the columns there are.
    """
    current, reference = table.datasets()
    parts = []
    columns = list(map(str, table.current.columns))
    for name, component in descriptors.items():
        if component is None:
            continue
        key = f"{_SECTION}.descriptors.{name}"
        make_descriptor = _factory(key, component, "descriptor", task)
        names = {} if "alias" in component.arguments else {"alias": with_round_brackets(name)}
        descriptor = make_descriptor(**names)
        for dataset in (current, reference):
            _compute(key, columns, partial(dataset.add_descriptors, [descriptor]))
    if any(descriptors.values()):
        parts.append(_text_part(current, reference, table.reference_split))

    findings = []
    columns = list(map(str, current.as_dataframe().columns))
    for name, component in metrics.items():
        if component is None:
            continue
        key = f"{_SECTION}.metrics.{name}"
        metric = _factory(key, component, "drift_metric", task)()
        snapshot = _compute(key, columns, partial(run, [metric], current, reference))
        heading = f"Your metric: {with_round_brackets(name)}"
        if _judges_drift(snapshot):
            parts.append(Part(heading, _NOT_SHOWN_NOTE, run([], current, reference)))
            parts.append(Part("", "", snapshot))
        else:
            parts.append(Part(heading, _NOTE("metrics", table.reference_split), snapshot))
        if snapshot.tests_results:
            findings.append(_finding(name, snapshot.tests_results))
    return OwnMetrics(parts, findings or [_no_tests()])


def unexamined_findings(metrics: Mapping[str, Component | None], reason: str) -> list[Finding]:
    """Return an unresolved finding for each metric of the configuration that has tests."""
    names = [name for name, component in metrics.items() if component and _has_tests(component.model_dump())]
    findings = [Finding(check="drift.test", case=name, verdict="unresolved", reason=reason) for name in names]
    return findings or [_no_tests()]


def _text_part(current: Any, reference: Any, reference_split: str) -> Part:
    from evidently.presets import TextEvals

    return Part("Texts", _NOTE("descriptors", reference_split), run([TextEvals()], current, reference))


def _judges_drift(snapshot: Any) -> bool:
    """Return whether a metric of the snapshot says that data has drifted, or not."""
    return any(metric["config"]["type"] in _DRIFT_VERDICTS for metric in snapshot.dict()["metrics"])


def _no_tests() -> Finding:
    reason = "The task has no test of its own in drift.metrics."
    return Finding(check="drift.test", verdict="not applicable", reason=reason)


def _has_tests(content: Any) -> bool:
    if isinstance(content, Mapping):
        return any((str(key).endswith("tests") and bool(value)) or _has_tests(value) for key, value in content.items())
    return isinstance(content, list) and any(_has_tests(value) for value in content)


def _factory(key: str, component: Component, slot: str, task: str) -> Factory:
    section = texts_with_round_brackets(component.model_dump())
    return components.factory(key, section, SLOTS[slot], task=task)


def _compute(key: str, columns: Sequence[str], compute: Callable[[], _Result]) -> _Result:
    """Return what `compute` returns.

    Raises `InputError` with the columns there are where Evidently, or a class of the task's own,
    fails: neither says by its error whether it is a mistake of the configuration.
    """
    try:
        return compute()
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"{key} can't be computed ({words}); the columns are {', '.join(columns)}") from error


def _finding(name: str, results: Sequence[Any]) -> Finding:
    """Return one finding for all tests of a metric: it fails if any does, and passes if all do."""
    verdicts = [_VERDICTS.get(result.status.value, "unresolved") for result in results]
    verdict: Verdict = "pass"
    for worse in ("unresolved", "fail"):
        if worse in verdicts:
            verdict = worse
    told = [result for result, each in zip(results, verdicts, strict=True) if each == verdict]
    descriptions = " ".join(f"{result.description.strip().rstrip('.')}." for result in told)
    reason = f"{descriptions} Evidently's own test, on a point value without an interval."
    return Finding(check="drift.test", case=name, verdict=verdict, reason=reason)
