"""reports/<task>/evaluate/predictions.parquet → reports/<task>/bias/{groups.csv, findings.json, figures/}."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark import command, figures, spreadsheets
from hallmark.bias.audit import audit
from hallmark.contracts import findings, predictions


def main(task: str) -> None:
    parameters = OmegaConf.load(command.require(Path("params") / f"{task}.yaml", "the composed parameters"))
    bias: Any = OmegaConf.to_container(parameters.bias)
    table = predictions.of(predictions.read(Path("reports") / task / "evaluate" / "predictions.parquet"))
    result = audit(table, **bias, positive=parameters.decision.positive, seed=parameters.seed)
    folder = Path("reports") / task / "bias"
    spreadsheets.write(result.table, folder / "groups.csv")
    findings.write(result.findings, folder / "findings.json")
    figures.save(result.figures, folder / "figures")


if __name__ == "__main__":
    command.run("bias", main)
