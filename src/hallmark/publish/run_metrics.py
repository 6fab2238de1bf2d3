"""Metrics that MLflow shows of the evidence: in the run, and at its logged model with the data set of each.

A few have a name that is the same for every task (SUMMARY), so that lists and comparisons show what matters
side by side. The others are the findings' estimates, under the check and what it is about.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities import Metric, Run

from hallmark.contracts import split_metrics
from hallmark.contracts.findings import Finding
from hallmark.publish.evidence import Evidence
from hallmark.publish.mlflow_names import mlflow_name, shortened

# Checks whose findings become metrics, by their prefix, and the split that was measured; those of
# bias are too many, and stand in the table of groups.
MEASURED_ON = {"evaluate.": "test", "drift.error": "recent", "train.parity": "validation"}
SUMMARY = (  # MLflow compares in alphabetical order, in which card/ comes before the checks
    "card/primary_metric",  # the task's primary metric on test, with the ends of its interval
    "card/primary_metric.low",
    "card/primary_metric.high",
    "card/worst_group.low",  # the lower limit of the gap that can least be cleared
    "card/drift_share",  # columns that alarm / columns that were judged
    "card/expected_cost",  # of a decision on test, in the decision's unit
)
TRAINING_SECONDS = "card/training_seconds"  # of one machine: it is no evidence, and is not compared
MAX_POINTS = 1000  # in one request


@dataclass(frozen=True)
class Measure:
    """A number, and the split of the examples that it was measured on."""

    value: float
    split: str


def measures(evidence: Evidence) -> dict[str, Measure]:
    """Return what the evidence measures, by the metric's name."""
    return {**summary_measures(evidence), **finding_measures(evidence.findings)}


def finding_measures(findings: Iterable[Finding]) -> dict[str, Measure]:
    """Return each finding's estimate, and the ends of its interval as `.low` and `.high`.

    A name is made of the finding's check and subject, in characters that MLflow takes.
    """
    measured: dict[str, Measure] = {}
    for finding in findings:
        split = next((split for prefix, split in MEASURED_ON.items() if finding.check.startswith(prefix)), None)
        if split is None:
            continue
        name = f"{finding.check.replace('.', '/', 1)}/{mlflow_name(finding.subject)}"
        numbers = {"": finding.estimate, ".low": finding.low, ".high": finding.high}
        for suffix, number in numbers.items():
            if number is not None:
                measured[shortened(name + suffix)] = Measure(number, split)
    return measured


def summary_measures(evidence: Evidence) -> dict[str, Measure]:
    """Return the metrics of SUMMARY; those that this task does not measure are left out."""
    model = evidence.summary.model
    worst_gap = evidence.summary.worst_gap
    numbers = {
        "card/primary_metric": (model.estimate, "test"),
        "card/primary_metric.low": (model.low, "test"),
        "card/primary_metric.high": (model.high, "test"),
        "card/worst_group.low": (None if worst_gap is None else worst_gap.low, "test"),
        "card/drift_share": (_drift_share(evidence.findings), "recent"),
        "card/expected_cost": (_expected_cost(evidence.findings), "test"),
    }
    return {name: Measure(number, split) for name, (number, split) in numbers.items() if number is not None}


def _drift_share(findings: Iterable[Finding]) -> float | None:
    columns = [finding for finding in findings if finding.check == "drift.column"]
    judged = [finding for finding in columns if finding.verdict != "not applicable"]
    if not judged:
        return None
    return sum(finding.verdict == "fail" for finding in judged) / len(judged)


def _expected_cost(findings: Iterable[Finding]) -> float | None:
    costs = [finding for finding in findings if finding.check == "evaluate.metric" and finding.metric == "cost"]
    return costs[0].estimate if costs else None


def surplus_metrics(run: Run, evidence: Evidence) -> list[str]:
    """Return the names of metrics that the run shows of these checks or of SUMMARY, and that this
    evidence lacks, sorted.

    An earlier publication has left them: MLflow can't delete a metric.
    """
    prefixes = tuple(check.replace(".", "/", 1) for check in MEASURED_ON)
    measured_names = {name for name in run.data.metrics if name.startswith(prefixes) or name in SUMMARY}
    return sorted(measured_names - measures(evidence).keys())


def log_measures(client: MlflowClient, run: Run, evidence: Evidence) -> None:
    """Write the metrics whose value the run does not show yet."""
    values = {name: measure.value for name, measure in _all_measures(evidence).items()}
    known = run.data.metrics
    run_id = run.info.run_id
    changed = {name: value for name, value in values.items() if known.get(name) != value}
    points = [_next_point(client, run_id, name, value, known=known) for name, value in changed.items()]
    for start in range(0, len(points), MAX_POINTS):
        client.log_batch(run_id, metrics=points[start : start + MAX_POINTS])


def link_measures(
    client: MlflowClient, run_id: str, model_id: str, evidence: Evidence, *, datasets: Mapping[str, tuple[str, str]]
) -> None:
    """Log the run's metrics for the logged model, too, where its page does not show their value yet.

    `datasets` are the name and the digest of each split's data set, as the run has them.
    """
    shown = {point.key: point for point in sorted(client.get_logged_model(model_id).metrics or [], key=_order)}
    linked = []
    for name, measure in _all_measures(evidence).items():
        if name in shown and shown[name].value == measure.value:
            continue
        point = _latest_point(client, run_id, name)
        dataset_name, dataset_digest = datasets.get(measure.split, (None, None))
        linked.append(
            Metric(
                name,
                point.value,
                point.timestamp,
                point.step,
                model_id=model_id,
                dataset_name=dataset_name,
                dataset_digest=dataset_digest,
                run_id=run_id,
            )
        )
    for start in range(0, len(linked), MAX_POINTS):
        client.log_batch(run_id, metrics=linked[start : start + MAX_POINTS])


def _all_measures(evidence: Evidence) -> dict[str, Measure]:
    """Return the measures, the metrics of validation, and the seconds of the training where its cost is known.

    One chooses by validation, and is not judged by it, so these are no evidence.
    """
    layout = evidence.layout
    estimates = split_metrics.read(layout.metrics("validation"), task=layout.task, split="validation")
    of_validation = {
        shortened(f"validation/{mlflow_name(metric)}"): Measure(estimate, "validation")
        for metric, estimate in estimates.items()
        if estimate is not None
    }
    seconds = evidence.cost.get("seconds")
    of_training = {} if seconds is None else {TRAINING_SECONDS: Measure(float(seconds), "train")}
    return {**measures(evidence), **of_validation, **of_training}


def _next_point(client: MlflowClient, run_id: str, name: str, value: float, *, known: Mapping[str, float]) -> Metric:
    """Return a point whose value the run will show as the metric's.

    MLflow shows the point of the highest step, and of these the latest. So this one takes the
    highest step that is there, and a later time.
    """
    now = int(time.time() * 1000)  # milliseconds
    if name not in known:
        return Metric(name, value, now, 0)
    last = _latest_point(client, run_id, name)
    return Metric(name, value, max(now, last.timestamp + 1), last.step)


def _latest_point(client: MlflowClient, run_id: str, name: str) -> Metric:
    return max(client.get_metric_history(run_id, name), key=_order)


def _order(point: Metric) -> tuple[int, int]:
    return point.step, point.timestamp
