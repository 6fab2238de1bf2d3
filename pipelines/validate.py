"""data/prepared/<task> → reports/<task>/validate: findings, failures, Data Docs; exits 1 where a check fails."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark import command, spreadsheets
from hallmark.contracts import examples, findings
from hallmark.errors import InputError, printable
from hallmark.tracking.disclosure import shows_examples
from hallmark.validate import validating


def main(task: str) -> int:
    composed = command.require(Path("params") / f"{task}.yaml", "the composed configuration")
    parameters: Any = OmegaConf.load(composed)
    section: Any = OmegaConf.to_container(parameters.validate)
    groups, method = list(parameters.bias.groups), parameters.prepare.split.method
    prepared = examples.read(Path("data/prepared") / task)
    validation = validating.validate(prepared, declared_groups=groups, split_method=method, **section)
    folder = Path("reports") / task / "validate"
    findings.write(validation.findings, folder / "findings.json")
    spreadsheets.write(validation.failures, folder / "failures.csv")
    validation.write_data_docs(folder / "data_docs", title=task)
    if validation.failures.empty:
        return 0
    console = command.PlainConsole(stderr=True)
    sentence = printable(validation.sentence_with_example)  # on the person's own machine
    console.print(validating.table(validation.failures), soft_wrap=False)
    console.print(f"validate@{task}: {sentence} See {folder}/data_docs/examples/index.html", style="bold red")
    from hallmark.tracking import runs  # MLflow takes 2 s to import, and only a failure needs it

    examples_shown = shows_examples(parameters)
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
