from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hallmark.config.component import Component
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.drift import own_metrics, preset_tables
from hallmark.drift.preset_tables import PresetTable
from hallmark.errors import InputError

pytestmark = [  # evidently 0.7 calls what other libraries have deprecated
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
OWN_METRIC = '''
from evidently.core.metric_types import SingleValue, SingleValueCalculation, SingleValueMetric


class ShareBelow(SingleValueMetric):
    """The share of a column's values below a bound."""

    column: str
    bound: float


class ShareBelowCalculation(SingleValueCalculation[ShareBelow]):
    def display_name(self) -> str:
        return f"Share of {self.metric.column} below {self.metric.bound}"

    def calculate(self, context, current_data, reference_data):
        def share(data):
            values = data.column(self.metric.column).data
            return self.result(float((values < self.metric.bound).mean()))

        return share(current_data), None if reference_data is None else share(reference_data)
'''


def component(target: str, **arguments: Any) -> Component:
    return Component.model_validate({"_target_": target, **arguments})


def limit(test: str, threshold: float) -> list[dict[str, Any]]:
    return [{"_target_": f"evidently.tests.{test}", "threshold": threshold}]


@pytest.fixture
def presets(table: pd.DataFrame, predictions: pd.DataFrame) -> PresetTable:
    table["text"] = [f"One sentence. {'Two.' * (row % 3)}" for row in range(len(table))]
    table["descriptor.contrast"] = 0.25
    examples = Examples(table, {}, ("cat", "dog"))
    return preset_tables.preset_table(examples, predictions, positive=None, max_rows=1000, seed=1)


def measured(
    presets: PresetTable, descriptors: dict[str, Component | None] | None = None, **metrics: Component | None
) -> own_metrics.OwnMetrics:
    return own_metrics.measure(presets, descriptors=descriptors or {}, metrics=metrics, task="pets")


def test_each_metric_with_tests_is_a_finding(presets: PresetTable) -> None:
    mean = "evidently.metrics.MeanValue"
    own = measured(
        presets,
        passes=component(mean, column="descriptor.contrast", tests=limit("gte", 0.2)),
        fails=component(mean, column="descriptor.contrast", tests=[*limit("gte", 0.2), *limit("lte", 0.1)]),
        warns=component(
            mean,
            column="descriptor.contrast",
            tests=[{"_target_": "evidently.tests.lte", "threshold": 0.1, "is_critical": False}],
        ),
        shown=component(mean, column="descriptor.contrast"),
        none=None,
    )
    verdicts = {finding.case: finding.verdict for finding in own.findings}
    assert verdicts == {"passes": "pass", "fails": "fail", "warns": "unresolved"}
    reason = next(finding.reason for finding in own.findings if finding.case == "fails")
    assert "Actual value 0.250" in reason
    assert reason.endswith("on a point value without an interval.")
    assert [part.heading.removeprefix("Your metric: ") for part in own.parts] == ["passes", "fails", "warns", "shown"]


def test_a_threshold_may_be_relative_to_the_reference(presets: PresetTable) -> None:
    near = {"_target_": "evidently.tests.Reference", "relative": 0.1}
    tests = [{"_target_": "evidently.tests.eq", "expected": near}]
    own = measured(
        presets,
        same=component("evidently.metrics.MeanValue", column="descriptor.contrast", tests=tests),
        rows=component("evidently.metrics.RowCount", tests=tests),  # 75 in the reference, 200 in the window
    )
    assert {finding.case: finding.verdict for finding in own.findings} == {"same": "pass", "rows": "fail"}


def test_tests_of_single_columns_of_a_preset(presets: PresetTable) -> None:
    limits = {"_target_": "evidently.presets.dataset_stats.ValueStatsTests", "min_tests": limit("gte", 0.3)}
    preset = component("evidently.presets.DataSummaryPreset", column_tests={"descriptor.contrast": limits})
    (finding,) = measured(presets, summary=preset).findings
    assert (finding.verdict, "Actual value 0.250" in finding.reason) == ("fail", True)


def test_evidently_s_own_verdict_of_drift_is_not_drawn_beside_ours(presets: PresetTable) -> None:
    preset = component("evidently.presets.DataDriftPreset", columns=["descriptor.contrast"], drift_share=0.5)
    one = component("evidently.metrics.ValueDrift", column="descriptor.brightness", tests=limit("lte", -1.0))
    own = measured(presets, mine=preset, one=one)
    shown = [part for part in own.parts if part.heading]
    assert [part.heading for part in shown] == ["Your metric: mine", "Your metric: one"]
    assert [part.snapshot.to_snapshot_model().widgets for part in shown] == [[], []]
    assert "the headline" in shown[0].note
    assert [(finding.case, finding.verdict) for finding in own.findings] == [("one", "fail")]
    values = [metric["metric_name"] for part in own.parts for metric in part.snapshot.dict()["metrics"]]
    assert any(name.startswith("ValueDrift(column=descriptor.brightness") for name in values)


def test_without_tests_the_check_is_not_applicable(presets: PresetTable) -> None:
    own = measured(presets, rows=component("evidently.metrics.RowCount"))
    assert [(finding.check, finding.verdict) for finding in own.findings] == [("drift.test", "not applicable")]


def test_a_preset_with_tests_of_its_own_columns(presets: PresetTable) -> None:
    preset = component(
        "evidently.presets.DatasetStats", row_count_tests=limit("gte", 10), column_count_tests=limit("lte", 2)
    )
    (finding,) = measured(presets, size=preset).findings
    assert (finding.case, finding.verdict) == ("size", "fail")
    assert "Column count" in finding.reason


def test_a_class_of_ones_own(presets: PresetTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "extensions/pets").mkdir(parents=True)
    (tmp_path / "extensions/pets/shares.py").write_text(OWN_METRIC, encoding="utf-8")
    metric = component(
        "extensions.pets.shares.ShareBelow", column="descriptor.contrast", bound=0.3, tests=limit("lte", 0.5)
    )
    own = measured(presets, dark=metric)
    assert [(finding.case, finding.verdict) for finding in own.findings] == [("dark", "fail")]
    assert own.parts[0].snapshot.dict()["metrics"][0]["value"] == 1.0


def test_descriptors_of_texts_become_columns_that_metrics_can_test(presets: PresetTable) -> None:
    descriptors: dict[str, Component | None] = {
        "length": component("evidently.descriptors.TextLength", column_name="text"),
        "sentences": component("evidently.descriptors.SentenceCount", column_name="text", alias="n_sentences"),
    }
    shortest = component("evidently.metrics.MinValue", column="length", tests=limit("gte", 14))
    own = measured(presets, descriptors, shortest=shortest)
    assert [(finding.case, finding.verdict) for finding in own.findings] == [("shortest", "pass")]

    texts = own.parts[0]
    assert texts.heading == "Texts"
    columns = {metric["config"].get("column") for metric in texts.snapshot.dict()["metrics"]}
    assert {"length", "n_sentences"} <= columns


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (
            component("evidently.metrics.MeanValue", column="descriptor.ink"),
            r"drift\.metrics\.own can't be computed \(.*; the columns are id, .*descriptor\.contrast",
        ),
        (component("evidently.metrics.MeanValue"), r"drift\.metrics\.own .* lacks what .* needs: column"),
        (
            component("torch.optim.SGD"),
            r"drift\.metrics\.own\._target_ .* is a class: it must be a subclass of evidently",
        ),
    ],
)
def test_a_mistake_names_its_key_and_the_cure(presets: PresetTable, metric: Component, words: str) -> None:
    with pytest.raises(InputError, match=words):
        measured(presets, own=metric)


def test_without_a_window_a_metric_with_tests_is_unresolved() -> None:
    with_tests = component("evidently.presets.DatasetStats", row_count_tests=limit("gte", 10))
    without = component("evidently.metrics.RowCount")
    findings = own_metrics.unexamined_findings({"size": with_tests, "rows": without}, "no window")
    assert findings == [Finding(check="drift.test", case="size", verdict="unresolved", reason="no window")]
    (none,) = own_metrics.unexamined_findings({"rows": without, "off": None}, "no window")
    assert none.verdict == "not applicable"
