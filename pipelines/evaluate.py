"""models/<task> + prepared examples → reports/<task>/evaluate. Training never reads the test split scored here."""

from pathlib import Path

from hallmark import answers, command, config, figures, systems
from hallmark.contracts import examples, findings, predictions
from hallmark.contracts.decisions import Decision
from hallmark.contracts.package import Package
from hallmark.evaluate import evaluating, ledger


def main(task: str) -> None:
    parameters = config.read(Path(f"params/{task}.yaml"))
    prepared = examples.read(Path("data/prepared") / task)
    package = Package.load(Path("models") / task)

    system = systems.load(parameters.system)
    answer = answers.load(parameters.answer)
    decision = Decision(**parameters.decision.model_dump())
    answer.refuse_unusable(decision.keys)
    diagnostics = system.diagnostics

    evaluation = evaluating.evaluate(
        prepared,
        lambda some: package.run(some.arrays),
        postprocess=package.postprocess,
        scoring=answer.scoring,
        fit_baselines=system.baselines.fit,
        draw=system.plots.draw,
        columns=system.inputs.columns,
        diagnose=diagnostics.diagnose if diagnostics else None,
        decision=decision,
        test_use=ledger.use(Path(".ledger") / f"{task}.jsonl", prepared, package.model_digest),
        seed=parameters.seed,
        primary_metric=parameters.evaluate.primary_metric,
        metrics=parameters.evaluate.metrics,
        max_train_rows=parameters.evaluate.max_train_rows,
        target_selective_risk=parameters.evaluate.target_selective_risk,
        diagnostics=parameters.evaluate.diagnostics,
    )

    folder = Path("reports") / task / "evaluate"
    predictions.write(evaluation.predictions, folder / "predictions.parquet")
    findings.write(evaluation.findings, folder / "findings.json")
    figures.save(evaluation.figures, folder / "figures")
    evaluation.write_numbers(folder)


if __name__ == "__main__":
    command.run("evaluate", main)
