"""data/prepared/<task> → reports/<task>/validate: findings, failures, Data Docs; exits 1 where a check fails."""

from pathlib import Path

from hallmark import command, config, spreadsheets
from hallmark.console import PlainConsole
from hallmark.contracts import examples, findings
from hallmark.errors import InputError, printable
from hallmark.validate import validating


def main(task: str) -> int:
    parameters = config.read(Path("params") / f"{task}.yaml")
    prepared = examples.read(Path("data/prepared") / task)

    section = parameters.validation
    expectations = {name: expectation.model_dump() for name, expectation in section.expectations.items()}
    validation = validating.validate(
        prepared,
        minimum_per_class=section.minimum_per_class,
        minimum_per_group=section.minimum_per_group,
        expectations=expectations,
        declared_groups=parameters.bias.groups,
        split_method=parameters.prepare.split.method,
    )

    folder = Path("reports") / task / "validate"
    findings.write(validation.findings, folder / "findings.json")
    spreadsheets.write(validation.failures, folder / "failures.csv")
    validation.write_data_docs(folder / "data_docs", title=task)
    if validation.failures.empty:
        return 0

    console = PlainConsole(stderr=True)
    sentence = printable(validation.sentence_with_example)  # on the person's own machine
    console.print(validating.table(validation.failures), soft_wrap=False)
    console.print(f"validate@{task}: {sentence} See {folder}/data_docs/examples/index.html", style="bold red")
    from hallmark.tracking import runs  # MLflow takes 2 s to import, and only a failure needs it

    examples_shown = parameters.publish.examples
    try:
        runs.record_failure(
            task=task,
            experiment=parameters.publish.experiment,
            stage="validate",
            folder=folder,
            sentence=sentence if examples_shown else printable(validation.sentence),
            examples=examples_shown,
        )
    except InputError as error:
        console.print(f"validate@{task}: the failure is not recorded in MLflow: {error}")
    return 1


if __name__ == "__main__":
    command.run("validate", main)
