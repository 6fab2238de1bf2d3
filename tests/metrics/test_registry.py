"""The register of metrics: their names, and which of them a table can give."""

from metrics.made import ROWS

from hallmark.metrics import METRICS, available


def test_what_a_table_can_give() -> None:
    known = {column.removeprefix("score.") for column in ROWS.columns if column.startswith("score.")}
    assert set(available(ROWS, positive="yes")) == known | {"roc_auc", "average_precision", "calibration_error"}
    assert available(ROWS[["label", "score.accuracy"]], positive=None) == ["accuracy"]
    assert available(ROWS.assign(mistake=0.0)[["mistake", "score.cost"]], positive=None) == [
        "cost",
        "calibration_error",
    ]


def test_names_are_their_keys() -> None:
    assert all(name == metric.name for name, metric in METRICS.items())
