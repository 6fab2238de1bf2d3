"""Prepared data and predictions → what changed in the recent window: findings, Evidently's page, figures."""

from pathlib import Path

from hallmark import command, config, figures
from hallmark.contracts import examples, findings, predictions
from hallmark.drift import (
    comparison,
    evidently_page,
    performance,
    plots,
    windows,
)


def main(task: str) -> None:
    """Write findings.json, drift.html and figures/ into reports/<task>/drift."""
    parameters = config.read(Path(f"params/{task}.yaml"))
    drift = parameters.drift
    seed = parameters.seed
    primary_metric = parameters.evaluate.primary_metric

    prepared = examples.read(Path("data/prepared") / task)
    table = prepared.table
    scored = predictions.read(Path("reports") / task / "evaluate" / "predictions.parquet")
    scored = scored[(scored["scorer"] == predictions.MODEL) & scored["id"].isin(table["id"])]  # no rows of diagnostics
    folder = Path("reports") / task / "drift"

    families = windows.families(table, scored, rows=drift.max_rows, seed=seed, labels=prepared.labels)
    if not families:
        unexamined = comparison.absent(primary_metric)
        findings.write(unexamined, folder / "findings.json")
        (folder / "drift.html").write_text(evidently_page.notice(unexamined[0]), encoding="utf-8")
        figures.save([], folder / "figures")
        return
    columns = comparison.compare(
        families, false_alarms=drift.alpha, effect=drift.min_effect_size, repeats=drift.n_permutations, seed=seed
    )
    consequences = [performance.error(scored, primary_metric, positive=parameters.decision.positive, seed=seed)]
    findings.write([column.finding for column in columns] + consequences, folder / "findings.json")
    (folder / "drift.html").write_text(evidently_page.html(families, columns), encoding="utf-8")
    figures.save(plots.draw(families, columns, effect=drift.min_effect_size), folder / "figures")


if __name__ == "__main__":
    command.run("drift", main)
