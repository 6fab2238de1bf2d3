"""models/<task> + prepared examples → reports/<task>/evaluate. Training never reads the test split scored here."""

from hallmark import answers, command, extensions, ledger_files, systems
from hallmark import report_figures as figures
from hallmark.config import Parameters
from hallmark.contracts import episodes, examples, findings, predictions
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.package import Package
from hallmark.evaluate import EvaluatedModel, TaskParts, evaluate, ledger
from hallmark.layout import Layout
from hallmark.metrics.task_metrics import add_task_metrics


def main(parameters: Parameters, layout: Layout) -> None:
    prepared = examples.read(layout.prepared)
    package = Package.load(layout.package)

    system = systems.load(parameters.system)
    answer = answers.load(parameters.answer)
    decision = Decision(**parameters.decision.model_dump())
    answer.refuse_unusable(decision.keys)

    extensions.require_unchanged(
        parameters.own_names("evaluate"), parameters.extensions.evaluate, layout.task, layout.root
    )
    add_task_metrics(parameters.evaluate.functions, parameters.task, project=layout.root)

    model = EvaluatedModel(
        predict=lambda some_examples: package.run(some_examples.arrays),
        postprocess=package.postprocess,
        test_use=_record_use(prepared, package, layout) if parameters.evaluate.test else 0,
    )
    evaluation = evaluate(
        prepared,
        model,
        TaskParts.of(system, answer),
        parameters.evaluate,
        decision=decision,
        seed=parameters.seed,
    )

    predictions.write(evaluation.predictions, layout.predictions)
    episodes.write(evaluation.episodes, layout.episodes)
    findings.write(evaluation.findings, layout.findings("evaluate"))
    figures.save(evaluation.figures, layout.figures("evaluate"))
    evaluation.write_numbers(layout)


def _record_use(prepared: Examples, package: Package, layout: Layout) -> int:
    return ledger.record_use(ledger_files.find(layout), prepared, package.model_digest)


if __name__ == "__main__":
    command.run("evaluate", main)
