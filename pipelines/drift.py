"""Prepared data and predictions → what changed in the recent window: findings, Evidently's page, figures."""

from hallmark import command, figures
from hallmark.config import Parameters
from hallmark.contracts import examples, findings, predictions
from hallmark.drift import comparison, evidently_page, performance, plots, windows
from hallmark.layout import Layout


def main(parameters: Parameters, layout: Layout) -> None:
    drift = parameters.drift
    seed = parameters.seed
    primary_metric = parameters.evaluate.primary_metric

    prepared = examples.read(layout.prepared)
    table = prepared.table
    scored = predictions.read(layout.predictions)
    scored = scored[scored["scorer"] == predictions.MODEL]

    families = windows.families(table, scored, rows=drift.max_rows, seed=seed, labels=prepared.labels)
    if not families:
        unexamined = comparison.absent(primary_metric)
        findings.write(unexamined, layout.findings("drift"))
        layout.drift_page.write_text(evidently_page.notice(unexamined[0]), encoding="utf-8")
        figures.save([], layout.figures("drift"))
        return

    columns = comparison.compare(
        families, false_alarms=drift.alpha, effect=drift.min_effect_size, repeats=drift.n_permutations, seed=seed
    )
    consequences = [performance.error(scored, primary_metric, positive=parameters.decision.positive, seed=seed)]

    findings.write([column.finding for column in columns] + consequences, layout.findings("drift"))
    layout.drift_page.write_text(evidently_page.html(families, columns), encoding="utf-8")
    figures.save(plots.draw(families, columns, effect=drift.min_effect_size), layout.figures("drift"))


if __name__ == "__main__":
    command.run("drift", main)
