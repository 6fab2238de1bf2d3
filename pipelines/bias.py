"""The predictions and episodes of reports/<task>/evaluate → groups.csv, findings and figures in reports/<task>/bias."""

from hallmark import command, spreadsheets
from hallmark import report_figures as figures
from hallmark.bias import audit, no_audit
from hallmark.config import Parameters
from hallmark.contracts import episodes, findings, predictions
from hallmark.layout import Layout


def main(parameters: Parameters, layout: Layout) -> None:
    all_predictions = predictions.read(layout.predictions)
    all_episodes = episodes.read(layout.episodes)

    if parameters.evaluate.test:
        result = audit(
            predictions.of(all_predictions),
            parameters.bias,
            episodes=predictions.of(all_episodes),
            positive=parameters.decision.positive,
            seed=parameters.seed,
        )
    else:
        result = no_audit(parameters.bias)

    spreadsheets.write(result.table, layout.groups)
    spreadsheets.write_folder(result.plots, layout.plots("bias"))
    findings.write(result.findings, layout.findings("bias"))
    figures.save(result.figures, layout.figures("bias"))


if __name__ == "__main__":
    command.run("bias", main)
