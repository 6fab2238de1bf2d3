from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.examples import Examples
from hallmark.drift import evidently_reports, preset_tables
from hallmark.drift.preset_tables import PresetTable

pytestmark = [  # evidently 0.7 calls what other libraries have deprecated
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def made(
    table: pd.DataFrame,
    predictions: pd.DataFrame,
    *,
    labels: tuple[str, ...] = ("cat", "dog"),
    positive: str | None = None,
    max_rows: int = 1000,
) -> PresetTable:
    examples = Examples(table, {}, labels)
    return preset_tables.preset_table(examples, predictions, positive=positive, max_rows=max_rows, seed=1)


def test_sides_are_the_test_split_and_the_recent_window(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    presets = made(table, predictions)
    assert sorted(presets.reference["id"]) == sorted(table.loc[table["split"] == "test", "id"])
    assert sorted(presets.current["id"]) == sorted(table.loc[table["split"] == "recent", "id"])
    assert presets.definition == {
        "id_column": "id",
        "numerical_columns": ["descriptor.brightness", "descriptor.contrast", "confidence"],
        "categorical_columns": ["label", "group.site", "prediction"],
        "text_columns": [],
    }
    matched = presets.current.merge(predictions, on="id")
    assert (matched["confidence_x"] == matched["confidence_y"]).all()
    assert len(made(table, predictions, max_rows=30).current) == 30


def test_the_reference_is_validation_where_the_test_split_stays_sealed(
    table: pd.DataFrame, predictions: pd.DataFrame
) -> None:
    splits = table["split"].where(table["id"].factorize()[0] % 5 != 0, "validation")
    table = table.assign(split=splits)
    predictions = predictions.assign(split=predictions["id"].map(table.set_index("id")["split"]))
    presets = made(table, predictions[predictions["split"] != "test"])
    assert sorted(presets.reference["id"]) == sorted(predictions.loc[predictions["split"] == "validation", "id"])
    assert len(presets.reference) > 0
    notes = [part.note for part in evidently_reports.preset_parts(presets, None)]
    assert len(notes) == 2, notes
    assert all("the validation split" in note and "the test split" not in note for note in notes), notes


@pytest.mark.parametrize(
    ("labels", "positive", "tasks"),
    [
        (("cat", "dog"), "dog", [("BinaryClassification", "dog"), ("BinaryClassification", "dog")]),
        (("cat", "dog"), None, [("BinaryClassification", "dog")]),
        (("cat", "dog", "emu"), "dog", [("MulticlassClassification", None)]),
        ((), None, []),
    ],
)
def test_the_definition_declares_the_classification(
    table: pd.DataFrame,
    predictions: pd.DataFrame,
    labels: tuple[str, ...],
    positive: str | None,
    tasks: list[tuple[str, str | None]],
) -> None:
    definition = made(table, predictions, labels=labels, positive=positive).data_definition()
    declared = [(type(task).__name__, getattr(task, "pos_label", None)) for task in definition.classification or []]
    assert declared == tasks


def test_evidently_counts_our_decisions_not_a_threshold_of_its_own(
    table: pd.DataFrame, predictions: pd.DataFrame
) -> None:
    """Alerts begin at a cost's threshold, so a probability below 0.5 can be an alert."""
    predictions["confidence"] = np.where(predictions["prediction"] == "dog", 0.3, 0.1)
    presets = made(table, predictions, positive="dog")
    quality, _ = evidently_reports.preset_parts(presets, None)
    values = {metric["metric_name"].partition("(")[0]: metric["value"] for metric in quality.snapshot.dict()["metrics"]}

    recent = predictions[predictions["split"] == "recent"]
    is_dog = recent["label"] == "dog"
    is_alert = recent["prediction"] == "dog"
    assert values["Accuracy"] == pytest.approx((recent["label"] == recent["prediction"]).mean())
    assert values["Recall"] == pytest.approx((is_dog & is_alert).sum() / is_dog.sum())
    assert values["Precision"] == pytest.approx((is_dog & is_alert).sum() / is_alert.sum())


def test_two_labels_of_which_none_is_special_have_a_quality(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    quality, _ = evidently_reports.preset_parts(made(table, predictions), None)
    values = {metric["metric_name"].partition("(")[0]: metric["value"] for metric in quality.snapshot.dict()["metrics"]}
    recent = predictions[predictions["split"] == "recent"]
    assert values["Accuracy"] == pytest.approx((recent["label"] == recent["prediction"]).mean())


def test_each_predicted_number_is_a_regression(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    predictions = predictions.drop(columns=["label", "prediction"])
    predictions["true.torque"] = table["descriptor.contrast"]
    errors = np.random.default_rng(5).normal(size=len(table))
    predictions["predicted.torque"] = predictions["true.torque"] + errors
    presets = made(table.drop(columns="label"), predictions, labels=())
    (task,) = presets.data_definition().regression
    assert (task.name, task.target, task.prediction) == ("torque", "true.torque", "predicted.torque")

    quality, _ = evidently_reports.preset_parts(presets, None)
    values = {metric["metric_name"].partition("(")[0]: metric["value"] for metric in quality.snapshot.dict()["metrics"]}
    recent_errors = errors[(table["split"] == "recent").to_numpy()]
    assert values["MAE"]["mean"] == pytest.approx(np.abs(recent_errors).mean())
    assert values["RMSE"] == pytest.approx(np.sqrt((recent_errors**2).mean()))


def test_rankings_have_a_row_for_each_item() -> None:
    predictions = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "split": ["test", "recent", "recent"],
            "item.1": [0, 1, 2],
            "item.2": [1, 0, 0],
            "probability.1": [0.6, 0.5, 0.4],
            "probability.2": [0.3, 0.2, 0.1],
            "true.item": [1, 1, 3],
        }
    )
    titles = ["<A>", "B", "C", "D"]
    ranking = preset_tables.ranking_table(predictions, titles, max_rows=10, seed=1)
    assert ranking is not None
    rows = ranking.current.to_numpy().tolist()
    assert rows == [["b", "B", 1, 0.5], ["b", "(A)", 0, 0.2], ["c", "C", 0, 0.4], ["c", "(A)", 0, 0.1]]

    (part,) = evidently_reports.preset_parts(PresetTable(*_empty()), ranking)
    values = {metric["metric_name"].partition("(")[0]: metric["value"] for metric in part.snapshot.dict()["metrics"]}
    assert list(values["HitRate"]["value"].values()) == [0.5, 0.5]  # of b and c, b's right item is the first
    assert (
        preset_tables.ranking_table(predictions.drop(columns=["item.1", "item.2"]), titles, max_rows=9, seed=1) is None
    )


def _empty() -> tuple[Any, ...]:
    definition: dict[str, list[str]] = {"numerical_columns": [], "categorical_columns": []}
    return pd.DataFrame(), pd.DataFrame(), "test", definition


@pytest.mark.parametrize(
    ("times", "is_dated"),
    [
        (pd.date_range("2024-01-01", periods=650, freq="h"), True),
        (np.arange(650) + 1.7e9, True),  # seconds since 1970
        (np.arange(650), False),  # a count
    ],
)
def test_times_are_dates_where_they_can_be(
    table: pd.DataFrame, predictions: pd.DataFrame, times: Any, is_dated: bool
) -> None:
    presets = made(table.assign(time=times[: len(table)]), predictions)
    assert presets.definition.get("timestamp") == ("time" if is_dated else None)
    assert ("time" in presets.current) == is_dated
    if is_dated:
        assert presets.current["time"].dt.year.isin([2023, 2024]).all()


def test_a_preset_that_evidently_cannot_compute_says_so(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    """A window in which the rare label does not occur is nothing unusual."""
    for each in (table, predictions):
        each.loc[each["split"] == "recent", "label"] = "cat"
    predictions.loc[predictions["split"] == "recent", "prediction"] = "cat"
    quality, summary = evidently_reports.preset_parts(made(table, predictions, positive="dog"), None)
    assert "can't compute this for these rows (ValueError" in quality.note
    assert quality.snapshot.dict()["metrics"] == []
    assert len(summary.snapshot.dict()["metrics"]) > 10


def test_rows_without_a_label_say_nothing_of_quality(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    table.loc[table["split"] == "recent", "label"] = None
    (summary,) = evidently_reports.preset_parts(made(table, predictions), None)
    assert summary.heading == "Every column in numbers"
