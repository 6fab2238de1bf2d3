"""reports/<task>/evaluate/predictions.parquet → reports/<task>/bias/{groups.csv, findings.json, figures/}."""

from pathlib import Path

from hallmark import command, config, figures, spreadsheets
from hallmark.bias.group_audit import audit
from hallmark.contracts import findings, predictions


def main(task: str) -> None:
    parameters = config.read(Path("params") / f"{task}.yaml")
    table = predictions.of(predictions.read(Path("reports") / task / "evaluate" / "predictions.parquet"))

    result = audit(
        table,
        metrics=parameters.bias.metrics,
        groups=parameters.bias.groups,
        confidence=parameters.bias.confidence,
        positive=parameters.decision.positive,
        seed=parameters.seed,
    )

    folder = Path("reports") / task / "bias"
    spreadsheets.write(result.table, folder / "groups.csv")
    findings.write(result.findings, folder / "findings.json")
    figures.save(result.figures, folder / "figures")


if __name__ == "__main__":
    command.run("bias", main)
