"""Metrics that a task adds by functions of its own."""

from pathlib import Path

import pytest
from metrics.made import ROWS

from hallmark.config.stages import MetricFunction
from hallmark.errors import InputError
from hallmark.metrics import METRICS, Measurement
from hallmark.metrics.task_metrics import add_task_metrics

PATH = "extensions.fraud.own.share_of_alerts"
CODE = "def share_of_alerts(rows):\n    return (rows['prediction'] == 'yes').mean()\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "extensions/fraud").mkdir(parents=True)
    (tmp_path / "extensions/fraud/own.py").write_text(CODE, encoding="utf-8")
    for name in ("share_of_alerts", "log_loss"):  # set back after the test
        monkeypatch.setitem(METRICS, name, METRICS.get(name, METRICS["accuracy"]))
    monkeypatch.delitem(METRICS, "share_of_alerts")
    return tmp_path


def settings(**keys: object) -> MetricFunction:
    values = {"function": PATH, "direction": "lower", "support": "share", "columns": ["prediction"]}
    return MetricFunction.model_validate(values | keys)


def test_it_is_a_metric_with_an_interval_like_any_other(project: Path) -> None:
    add_task_metrics({"share_of_alerts": settings()}, "fraud", project=project)
    metric = METRICS["share_of_alerts"]
    assert (metric.label, metric.unit, metric.higher_is_better) == ("Share of alerts", "ratio", False)

    measured = Measurement(ROWS, ["share_of_alerts", "alert_rate"], positive="yes", seed=1).overall
    own = measured["share_of_alerts"]
    built_in = measured["alert_rate"]
    assert own.n == built_in.n
    assert (own.estimate, own.low, own.high) == pytest.approx(
        (built_in.estimate, built_in.low, built_in.high), rel=1e-9
    )


def test_the_name_of_another_metric_is_refused(project: Path) -> None:
    with pytest.raises(InputError, match="functions.log_loss has the name of a metric that there is already"):
        add_task_metrics({"log_loss": settings()}, "fraud", project=project)


def test_a_missing_function_is_named_with_its_key(project: Path) -> None:
    missing = settings(function="extensions.fraud.own.nothing")
    with pytest.raises(InputError, match=r"evaluate\.functions\.own\.function is 'extensions\.fraud\.own\.nothing'"):
        add_task_metrics({"own": missing}, "fraud", project=project)


def test_a_function_that_fails_is_named_with_its_key_file_and_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = "def helper(rows):\n    return rows['certainty']\n"
    code = f"{helper}\n\ndef share_of_alerts(rows):\n    return helper(rows).mean()\n"
    (project / "extensions/fraud/own.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(project)
    add_task_metrics({"share_of_alerts": settings()}, "fraud", project=project)

    with pytest.raises(InputError) as refused:
        Measurement(ROWS, ["share_of_alerts"], positive="yes", seed=1).overall  # noqa: B018
    assert str(refused.value).startswith("evaluate.functions.share_of_alerts failed on ")
    assert "(helper in extensions/fraud/own.py, line 2) with KeyError: 'certainty'" in str(refused.value)
