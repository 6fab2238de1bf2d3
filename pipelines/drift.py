"""Prepared data and predictions → what changed in the recent window: findings, page, snapshot, figures."""

from hallmark import hash_seed

if __name__ == "__main__":
    hash_seed.fix()  # Evidently puts categories into sets, and sums up in their order

from hallmark import command, digests, extensions
from hallmark import report_figures as figures
from hallmark.config import Parameters
from hallmark.contracts import examples, findings, predictions
from hallmark.drift import measure_drift
from hallmark.layout import Layout


def main(parameters: Parameters, layout: Layout) -> None:
    extensions.require_unchanged(parameters.own_names("drift"), parameters.extensions.drift, layout.task, layout.root)

    prepared = examples.read(layout.prepared)
    scored = predictions.read(layout.predictions)
    model_rows = scored[scored["scorer"] == predictions.MODEL]
    digests_by_name = {"model": digests.folder(layout.package), "data": digests.folder(layout.prepared)}

    report = measure_drift(prepared, model_rows, parameters, digests_by_name)

    findings.write(report.findings, layout.findings("drift"))
    layout.drift_page.write_text(report.page, encoding="utf-8")
    layout.drift_snapshot.write_text(report.snapshot, encoding="utf-8")
    figures.save(report.figures, layout.figures("drift"))


if __name__ == "__main__":
    command.run("drift", main)
