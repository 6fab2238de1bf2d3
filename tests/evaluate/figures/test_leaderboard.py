import pandas as pd

from hallmark.evaluate.figures.leaderboard import plot_leaderboard
from hallmark.evaluate.scorer_table import COLUMNS
from hallmark.metrics.statistics import Interval


def test_every_scorer_has_an_interval_and_every_other_a_gain() -> None:
    records = [
        ("model", "test", "log_loss", 0.2, 0.1, 0.3, 7, 70),
        ("rule", "test", "log_loss", 0.5, 0.4, 0.7, 7, 70),
        ("trees", "test", "log_loss", None, None, None, 0, 70),
        ("model", "train", "log_loss", 0.1, 0.1, 0.1, 9, 90),
        ("model", "test", "accuracy", 0.9, 0.8, 0.95, 7, 70),
    ]
    gains = {"rule": Interval(0.3, 0.1, 0.5, 7), "trees": Interval(None, None, None, 0)}
    figure = plot_leaderboard(pd.DataFrame(records, columns=list(COLUMNS)), gains, "log_loss")
    left, right = figure.axes
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["trees", "rule", "model"]
    assert [text.get_text() for text in left.texts] == ["0.500", "0.200"]
    assert [text.get_text() for text in right.texts] == ["0.300"]
    assert left.get_xlabel() == "Log loss (nats; lower is better)"
    assert right.get_xlabel() == "gain of the model, paired (nats; > 0: the model is better)"
    title = "The model and its baselines, with 95 % confidence intervals (test, n = 70 examples, 7 entities)"
    assert figure.get_suptitle() == title
