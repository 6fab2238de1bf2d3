"""The report of a training: the finding of parity, the curves, the costs, and figures."""

import json
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from hallmark import report_figures as figures
from hallmark.contracts import findings
from hallmark.contracts.findings import Finding
from hallmark.layout import Layout
from hallmark.report_figures import PALETTE, ReportFigure, blank
from hallmark.train.trained_network import TrainedNetwork


def write_report(trained: TrainedNetwork, parity: Finding, layout: Layout) -> None:
    """Write the stage's finding, curves, costs and figures."""
    findings.write([parity], layout.findings("train"))
    trained.curves.to_csv(layout.curves, index=False)
    cost = json.dumps(trained.cost, indent=2)
    layout.cost("train").write_text(cost + "\n", encoding="utf-8")
    figures.save(draw_figures(trained), layout.figures("train"))


def draw_figures(trained: TrainedNetwork) -> list[ReportFigure]:
    """Return the figures of the loss and, where it was logged, of the learning rate, both over epochs."""
    best_epoch = trained.training["best_epoch"]
    n_examples = trained.training["examples"]
    loss = _draw_loss(trained.curves, best_epoch=best_epoch, n_examples=n_examples)
    drawn = [ReportFigure(name="loss", question=4, title="loss", drawing=loss)]

    logged = [str(name) for name in trained.curves if trained.curves[name].notna().any()]
    rates = [name for name in logged if name == "learning_rate" or name.startswith("lr-")]
    if rates:
        learning_rate = _draw_learning_rate(trained.curves, rates)
        drawn.append(ReportFigure(name="learning_rate", question=4, title="learning rate", drawing=learning_rate))
    return drawn


def _draw_loss(curves: pd.DataFrame, *, best_epoch: int, n_examples: int) -> Figure:
    train = curves.dropna(subset=["train_loss"])
    validation = curves.dropna(subset=["validation_loss"])

    figure, axes = blank()
    axes.plot(train["epoch"], train["train_loss"], label="training (mean of recent steps)", linewidth=1)
    axes.plot(validation["epoch"], validation["validation_loss"], "o-", markersize=4, label="validation")
    axes.axvline(best_epoch, color=PALETTE[2], linestyle=":", label=f"lowest validation loss: epoch {best_epoch}")

    # The first steps have a loss far above all others: on a logarithmic axis the others remain
    # visible. A loss of one's own may be negative, and one batch alone leaves no curve.
    losses = pd.concat([train["train_loss"], validation["validation_loss"]])
    is_positive = len(losses) > 0 and bool((losses > 0).all())
    axes.set(
        xlabel="epoch",
        ylabel="loss",
        title=f"Loss on training with n = {n_examples:,} examples",
        yscale="log" if is_positive else "linear",
    )
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(edgecolor="none", framealpha=1)
    return figure


def _draw_learning_rate(curves: pd.DataFrame, columns: Sequence[str]) -> Figure:
    n_steps = curves["step"].max()

    figure, axes = blank(height=2.8)
    for column in columns:
        line = curves.dropna(subset=[column])
        axes.plot(line["epoch"], line[column], label=column)
    axes.set(xlabel="epoch", ylabel="learning rate", title=f"Learning rate over n = {n_steps:,} steps")
    axes.set_ylim(bottom=0)
    if len(columns) > 1:
        axes.legend(edgecolor="none", framealpha=1)
    return figure
