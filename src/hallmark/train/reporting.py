"""What a training leaves to be read: the finding, the curves, what it cost, and figures."""

import json

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from hallmark import figures
from hallmark.contracts import findings
from hallmark.contracts.findings import Finding
from hallmark.figures import PALETTE, ReportFigure, blank
from hallmark.layout import Layout
from hallmark.train.fitting import Trained


def write(trained: Trained, parity: Finding, layout: Layout) -> None:
    """Write the stage's finding, curves, costs and figures."""
    findings.write([parity], layout.findings("train"))
    trained.curves.to_csv(layout.curves, index=False)
    layout.cost("train").write_text(json.dumps(trained.cost, indent=2) + "\n", encoding="utf-8")
    figures.save(draw(trained), layout.figures("train"))


def draw(trained: Trained) -> list[ReportFigure]:
    """Return the loss and the learning rate against epochs."""
    loss = _loss(trained.curves, trained.training["best_epoch"], trained.training["examples"])
    learning_rate = _rate(trained.curves)
    return [
        ReportFigure(name="loss", question=4, title="loss", drawing=loss),
        ReportFigure(name="learning_rate", question=4, title="learning rate", drawing=learning_rate),
    ]


def _loss(curves: pd.DataFrame, best_epoch: int, examples: int) -> Figure:
    figure, axes = blank()
    train, validation = (curves.dropna(subset=[name]) for name in ("train_loss", "validation_loss"))
    axes.plot(train["epoch"], train["train_loss"], label="train, while it learns", linewidth=1)
    axes.plot(validation["epoch"], validation["validation_loss"], "o-", markersize=4, label="validation")
    axes.axvline(best_epoch, color=PALETTE[2], linestyle=":", label=f"kept: epoch {best_epoch}")
    # The first steps have a loss far above all others; what matters is seen on a logarithmic axis.
    axes.set(xlabel="epoch", ylabel="loss", title=f"Loss on training with n = {examples:,} examples", yscale="log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(edgecolor="none", framealpha=1)
    return figure


def _rate(curves: pd.DataFrame) -> Figure:
    figure, axes = blank(height=2.8)
    train = curves.dropna(subset=["learning_rate"])
    axes.plot(train["epoch"], train["learning_rate"])
    axes.set(xlabel="epoch", ylabel="learning rate", title=f"Learning rate over n = {curves['step'].max():,} steps")
    axes.set_ylim(bottom=0)
    return figure
