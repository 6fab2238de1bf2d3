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
from hallmark.tracking.connection import answering
from hallmark.tracking.runs import open_run


def main(task: str) -> None:
    composed = OmegaConf.load(command.require(Path(f"params/{task}.yaml"), "the composed configuration"))
    parameters: Any = OmegaConf.to_container(composed)
    data, package, reports = Path(f"data/prepared/{task}"), Path(f"models/{task}"), Path(f"reports/{task}")
    evidence, name = gather(parameters, examples.read(data), package, reports), parameters["publish"]["model_name"]
    key, experiment = evidence.package.about["training"]["key"], parameters["publish"]["experiment"]
    words = {"data": data.as_posix(), "name": name}
    with answering():
        run = open_run(experiment=experiment, key=key, task=task)
        version = publish(run.client, run.id, evidence, package=package, reports=reports, **words)
    relative, folder = "../{}".format, reports / "publish"
    folder.mkdir(exist_ok=True)
    (folder / "card.md").write_text(card(evidence, relative, relative), encoding="utf-8")
    (folder / "version.json").write_text(json.dumps(record(evidence, name), indent=1) + "\n", encoding="utf-8")
    Console().print(f"published {name} version {version}, challenger, {evidence.verdict.status}; `make ui` shows it")


if __name__ == "__main__":
    command.run("publish", main)
