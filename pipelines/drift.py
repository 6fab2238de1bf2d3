"""Prepared data and predictions → what changed in the recent window: findings, Evidently's page, figures."""

from hallmark import command
from hallmark import report_figures as figures
from hallmark.config import Parameters
from hallmark.contracts import examples, findings, predictions
from hallmark.drift import measure_drift
from hallmark.layout import Layout


def main(parameters: Parameters, layout: Layout) -> None:
    prepared = examples.read(layout.prepared)
    scored = predictions.read(layout.predictions)
    model_rows = scored[scored["scorer"] == predictions.MODEL]

    report = measure_drift(prepared, model_rows, parameters)

    findings.write(report.findings, layout.findings("drift"))
    layout.drift_page.write_text(report.page, encoding="utf-8")
    figures.save(report.figures, layout.figures("drift"))


if __name__ == "__main__":
    command.run("drift", main)
