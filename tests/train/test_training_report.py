import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from drawings import by_name

from hallmark.contracts import findings
from hallmark.contracts.findings import Finding
from hallmark.layout import Layout
from hallmark.train import training_report
from hallmark.train.trained_network import TrainedNetwork


def test_writes_what_is_read_later(trained: TrainedNetwork, tmp_path: Path) -> None:
    finding = Finding(check="train.parity", estimate=1e-6, verdict="pass")
    layout = Layout("small", tmp_path)
    training_report.write_report(trained, finding, layout)

    assert findings.read(layout.findings("train")) == [finding]
    pd.testing.assert_frame_equal(pd.read_csv(layout.curves), trained.curves)

    cost = json.loads(layout.cost("train").read_text())
    assert cost["parameters"] == sum(tensor.numel() for tensor in trained.network.parameters())
    assert cost["seconds"] > 0
    assert cost["hardware"]["devices"] == 1

    assert sorted(path.name for path in layout.figures("train").iterdir()) == [
        "index.json",
        "learning_rate.png",
        "loss.png",
    ]


def test_the_figure_shows_both_losses_and_the_epoch_that_was_kept(trained: TrainedNetwork) -> None:
    axes = by_name(training_report.draw_figures(trained))["loss"].axes[0]
    assert [line.get_label() for line in axes.lines][1:] == [
        "validation",
        f"lowest validation loss: epoch {trained.training['best_epoch']}",
    ]
    assert np.asarray(axes.lines[1].get_xdata()).tolist() == [1, 2, 3, 4, 5, 6]
    assert "n = 1,003" in axes.get_title()


def test_a_loss_below_zero_and_no_curve_at_all_are_drawn(trained: TrainedNetwork) -> None:
    below_zero = replace(trained, curves=trained.curves.assign(train_loss=trained.curves["train_loss"] - 9))
    without_curve = replace(trained, curves=trained.curves.iloc[:0])
    scales = [
        by_name(training_report.draw_figures(each))["loss"].axes[0].get_yscale()
        for each in (trained, below_zero, without_curve)
    ]
    assert scales == ["log", "linear", "linear"]
