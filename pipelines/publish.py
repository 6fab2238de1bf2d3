"""all that the stages wrote → the run and the challenger in MLflow; reports/<task>/publish/{card.md, version.json}."""

import json
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console

from hallmark import command, examples
from hallmark.publish.card import card
from hallmark.publish.evidence import gather
from hallmark.publish.publishing import publish, record
from hallmark.tracking import connection, registry
from hallmark.tracking.runs import open_run


def main(task: str) -> None:
    composed = OmegaConf.load(command.require(Path(f"params/{task}.yaml"), "the composed configuration"))
    parameters: Any = OmegaConf.to_container(composed)
    model_name = parameters["publish"]["model_name"]
    data = Path(f"data/prepared/{task}")
    package = Path(f"models/{task}")
    reports = Path(f"reports/{task}")
    evidence = gather(parameters, examples.read(data), package, reports)

    client = connection.connect()
    with connection.answering():
        registry.require_owner(client, model_name, task)
        run = open_run(
            experiment=parameters["publish"]["experiment"],
            key=evidence.package.about["training"]["key"],
            task=task,
            client=client,
        )
        version = publish(
            client, run.id, evidence, package=package, reports=reports, data=data.as_posix(), name=model_name
        )

    folder = reports / "publish"
    folder.mkdir(exist_ok=True)
    relative = "../{}".format
    (folder / "card.md").write_text(card(evidence, relative, relative), encoding="utf-8")
    published = json.dumps(record(evidence, model_name), indent=1)
    (folder / "version.json").write_text(f"{published}\n", encoding="utf-8")

    sentence = f"published {model_name} version {version}, challenger, {evidence.verdict.status}; `make ui` shows it"
    Console().print(sentence)


if __name__ == "__main__":
    command.run("publish", main)
