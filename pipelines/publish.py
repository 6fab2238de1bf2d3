"""All that the stages wrote → the run and a version in MLflow; reports/<task>/publish/{card.md,
version.json}.
"""

import json
import os
from typing import Any

from hallmark import command, experiments
from hallmark.config import Parameters
from hallmark.console import PlainConsole
from hallmark.layout import Layout
from hallmark.publish import publication
from hallmark.publish.evidence import Evidence, read_evidence
from hallmark.publish.model_card import render_card
from hallmark.tracking import connection, ownership
from hallmark.tracking.runs import open_run


def main(parameters: Parameters, layout: Layout) -> None:
    """Publish.

    The alias `challenger` moves only in a local store, and never by a DVC experiment.
    """
    client = connection.connect()
    is_experiment = experiments.is_experiment(os.environ)
    publish_task(parameters, layout, client, as_challenger=connection.is_local(client) and not is_experiment)


def publish_task(parameters: Parameters, layout: Layout, client: Any, *, as_challenger: bool) -> None:
    """Publish the task's evidence; with `as_challenger`, give its version the alias `challenger`.

    Where the test split stays sealed, nothing was judged: a run shows the evidence, and there is no version.
    """
    evidence = read_evidence(parameters, layout)
    model_name = parameters.publish.model_name

    with connection.answering():
        ownership.claim(client, model_name, layout.task)
        run = open_run(
            experiment=parameters.publish.experiment,
            key=evidence.package.manifest["training"]["key"],
            task=layout.task,
            client=client,
            resume=False,  # a champion's run stays as it is
        )
        if evidence.verdict.status == "not judged":
            publication.publish_unjudged(client, run.id, evidence)
            version = None
        else:
            version = publication.publish(client, run.id, evidence, as_challenger=as_challenger)

    write_report(evidence)

    if version is None:
        PlainConsole().print(f"recorded the run, and no version of {model_name}: {evidence.verdict.sentence}")
        return
    role = "challenger" if as_challenger else f"no challenger until `make challenge TASK={layout.task}`"
    sentence = f"published {model_name} version {version}, {role}, {evidence.verdict.status}; `make ui` shows it"
    PlainConsole().print(sentence)


def write_report(evidence: Evidence) -> None:
    """Write the card, whose links lead to the reports beside it, and version.json where there is a version."""
    layout = evidence.layout
    layout.report("publish").mkdir(exist_ok=True)

    relative = "../{}".format
    layout.card.write_text(render_card(evidence, relative, relative), encoding="utf-8")

    if evidence.verdict.status == "not judged":
        layout.published_version.unlink(missing_ok=True)
        return
    record = json.dumps(publication.record(evidence), indent=1)
    layout.published_version.write_text(f"{record}\n", encoding="utf-8")


if __name__ == "__main__":
    command.run("publish", main)
