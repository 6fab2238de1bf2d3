"""models/<task> + prepared examples → reports/<task>/evaluate. Training never reads the test split scored here."""

from hallmark import answers, command, figures, systems
from hallmark.config import Parameters
from hallmark.contracts import episodes, examples, findings, predictions
from hallmark.contracts.decisions import Decision
from hallmark.contracts.package import Package
from hallmark.evaluate import evaluating, ledger
from hallmark.layout import Layout


def main(parameters: Parameters, layout: Layout) -> None:
    prepared = examples.read(layout.prepared)
    package = Package.load(layout.package)

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
        test_use=ledger.use(layout.ledger, prepared, package.model_digest),
        seed=parameters.seed,
        primary_metric=parameters.evaluate.primary_metric,
        metrics=parameters.evaluate.metrics,
        max_train_rows=parameters.evaluate.max_train_rows,
        target_selective_risk=parameters.evaluate.target_selective_risk,
        diagnostics=parameters.evaluate.diagnostics,
    )

    predictions.write(evaluation.predictions, layout.predictions)
    episodes.write(evaluation.episodes, layout.episodes)
    findings.write(evaluation.findings, layout.findings("evaluate"))
    figures.save(evaluation.figures, layout.figures("evaluate"))
    evaluation.write_numbers(layout)


if __name__ == "__main__":
    command.run("evaluate", main)
