"""data/prepared/<task> → reports/<task>/validate: findings, failures, Data Docs; exits 1 where a check fails."""

from hallmark import command, spreadsheets
from hallmark.config import Parameters
from hallmark.console import PlainConsole
from hallmark.contracts import examples, findings
from hallmark.errors import InputError, printable
from hallmark.layout import Layout
from hallmark.validate import failures_table, validate_examples


def main(parameters: Parameters, layout: Layout) -> int:
    prepared = examples.read(layout.prepared)

    section = parameters.validation
    expectations = {name: expectation.model_dump() for name, expectation in section.expectations.items()}
    validation = validate_examples(
        prepared,
        minimum_per_class=section.minimum_per_class,
        minimum_per_group=section.minimum_per_group,
        expectations=expectations,
        declared_groups=parameters.bias.groups,
        split_method=parameters.prepare.split.method,
    )

    findings.write(validation.findings, layout.findings("validate"))
    spreadsheets.write(validation.failures, layout.failures)
    validation.write_data_docs(layout.data_docs, title=layout.task)
    if validation.failures.empty:
        return 0

    console = PlainConsole(stderr=True)
    sentence = printable(validation.sentence_with_example)  # on the person's own machine
    console.print(failures_table(validation.failures), soft_wrap=False)
    console.print(f"validate@{layout.task}: {sentence} See {layout.data_docs_examples_page}", style="bold red")
    from hallmark.tracking import runs  # MLflow takes 2 s to import, and only a failure needs it

    examples_shown = parameters.publish.examples
    try:
        runs.record_failure(
            task=layout.task,
            experiment=parameters.publish.experiment,
            stage="validate",
            folder=layout.report("validate"),
            sentence=sentence if examples_shown else printable(validation.sentence),
            examples=examples_shown,
        )
    except InputError as error:
        console.print(f"validate@{layout.task}: the failure is not recorded in MLflow: {error}")
    return 1


if __name__ == "__main__":
    command.run("validate", main)
