"""all that the stages wrote → the run and a version in MLflow; reports/<task>/publish/{card.md, version.json}."""

import json
import os
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark import command, files
from hallmark.console import PlainConsole
from hallmark.contracts import examples
from hallmark.publish import publishing
from hallmark.publish.card import card
from hallmark.publish.evidence import gather
from hallmark.tracking import connection, ownership
from hallmark.tracking.runs import open_run


def main(task: str) -> None:
    """Publish; the alias `challenger` moves in the local store alone, and never by an experiment."""
    client = connection.connect()
    is_experiment = publishing.is_experiment(os.environ)
    publish_task(task, client, as_challenger=connection.is_local(client) and not is_experiment)


def publish_task(task: str, client: Any, *, as_challenger: bool) -> None:
    """Publish what lies here, and make it challenger or not."""
    composed = OmegaConf.load(files.require(Path(f"params/{task}.yaml"), "the composed configuration"))
    parameters: Any = OmegaConf.to_container(composed)
    model_name = parameters["publish"]["model_name"]
    data = Path(f"data/prepared/{task}")
    package = Path(f"models/{task}")
    reports = Path(f"reports/{task}")
    evidence = gather(parameters, examples.read(data), package, reports)

    with connection.answering():
        ownership.claim(client, model_name, task)
        run = open_run(
            experiment=parameters["publish"]["experiment"],
            key=evidence.package.about["training"]["key"],
            task=task,
            client=client,
            resume=False,  # a champion's run stays as it is
        )
        version = publishing.publish(
            client,
            run.id,
            evidence,
            package=package,
            reports=reports,
            data=data.as_posix(),
            name=model_name,
            as_challenger=as_challenger,
        )

    folder = reports / "publish"
    folder.mkdir(exist_ok=True)
    relative = "../{}".format
    (folder / "card.md").write_text(card(evidence, relative, relative), encoding="utf-8")
    published = json.dumps(publishing.record(evidence, model_name), indent=1)
    (folder / "version.json").write_text(f"{published}\n", encoding="utf-8")

    role = "challenger" if as_challenger else f"no challenger until `make challenge TASK={task}`"
    sentence = f"published {model_name} version {version}, {role}, {evidence.verdict.status}; `make ui` shows it"
    PlainConsole().print(sentence)


if __name__ == "__main__":
    command.run("publish", main)
