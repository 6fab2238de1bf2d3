"""data/raw/<task>, data/prepared/<task> → reports/<task>/validate: findings, failures, Data Docs, suites.

Exits 1 where a check of severity critical fails.
"""

from hallmark import command, extensions, spreadsheets
from hallmark.config import Parameters
from hallmark.console import PlainConsole
from hallmark.contracts import examples, findings
from hallmark.errors import InputError, printable
from hallmark.layout import Layout
from hallmark.validate import IN_DATABASE_FROM, failures_table, read_raw_tables, validate_examples


def main(parameters: Parameters, layout: Layout) -> int:
    extensions.require_unchanged(
        parameters.own_names("validate"), parameters.extensions.validation, layout.task, layout.root
    )
    section = parameters.validation
    raw_tables = read_raw_tables(layout.raw, section.raw)
    is_large = examples.count(layout.prepared) >= IN_DATABASE_FROM
    prepared = examples.read(layout.prepared, columns=[] if is_large else None)

    validation = validate_examples(
        prepared,
        minimum_per_class=section.minimum_per_class,
        minimum_per_group=section.minimum_per_group,
        expectations={name: expectation.model_dump() for name, expectation in section.expectations.items()},
        declared_groups=parameters.bias.groups,
        split_method=parameters.prepare.split.method,
        table_file=examples.table_file(layout.prepared) if is_large else None,
        raw_tables=raw_tables,
        task=layout.task,
    )

    findings.write(validation.findings, layout.findings("validate"))
    spreadsheets.write(validation.critical_failures, layout.failures)
    validation.write_data_docs(layout.data_docs, title=layout.task)
    validation.write_suites(layout.suites, task=layout.task)

    console = PlainConsole(stderr=True)
    if not validation.failures.empty:
        console.print(failures_table(validation.failures), soft_wrap=False)
    for sentence in validation.lesser_sentences:
        console.print(f"validate@{layout.task}: {printable(sentence)}", style="yellow")
    actions = {name: action.model_dump() for name, action in section.actions.items()}
    for sentence in validation.run_actions(actions, task=layout.task):
        console.print(f"validate@{layout.task}: {printable(sentence)}", style="yellow")
    if validation.passed:
        return 0

    sentence = printable(validation.sentence_with_example)  # on the person's own machine
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
