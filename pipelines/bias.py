"""reports/<task>/evaluate/predictions.parquet → reports/<task>/bias/{groups.csv, findings.json, figures/}."""

from hallmark import command, figures, spreadsheets
from hallmark.bias.group_audit import audit
from hallmark.config import Parameters
from hallmark.contracts import findings, predictions
from hallmark.layout import Layout


def main(parameters: Parameters, layout: Layout) -> None:
    table = predictions.of(predictions.read(layout.predictions))

    result = audit(
        table,
        metrics=parameters.bias.metrics,
        groups=parameters.bias.groups,
        confidence=parameters.bias.confidence,
        positive=parameters.decision.positive,
        seed=parameters.seed,
    )

    spreadsheets.write(result.table, layout.groups)
    findings.write(result.findings, layout.findings("bias"))
    figures.save(result.figures, layout.figures("bias"))


if __name__ == "__main__":
    command.run("bias", main)
