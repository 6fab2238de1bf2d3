"""What one does every day with Great Expectations, on the image task: the YAML of docs/packages.md."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import local_servers
import packages_page
import pandas as pd
import pytest
import yaml
from project import Project

from hallmark.contracts.findings import Finding

pytestmark = pytest.mark.pipeline

OWN = '''
from typing import Literal

from great_expectations.checkpoint import ValidationAction
from great_expectations.expectations import ExpectColumnValuesToBeBetween


class Note(ValidationAction):
    type: Literal["note"] = "note"
    file: str

    def run(self, checkpoint_result, action_context=None):
        with open(self.file, "w") as stream:
            stream.write(str(checkpoint_result.success))
        return {}


class ExpectInk(ExpectColumnValuesToBeBetween):
    """Ink is a share."""

    min_value: float = 0.0
    max_value: float = 1.0
'''
# Great Expectations alone; argv: the expression of the page.
OPENED = """
import json, os, sys
os.environ["GX_ANALYTICS_ENABLED"] = "false"
from pathlib import Path
import great_expectations as gx
import pandas as pd
suite = eval(sys.argv[1])
batch = (
    gx.get_context(mode="ephemeral").data_sources.add_pandas("memory").add_dataframe_asset("examples")
    .add_batch_definition_whole_dataframe("all")
    .get_batch({"dataframe": pd.read_parquet("data/prepared/image/examples.parquet")})
)
for each in batch.validate(suite).results:
    print(json.dumps([each.expectation_config.meta["name"], bool(each.success)]))
assert "hallmark" not in sys.modules
"""


@pytest.fixture
def slack() -> Iterator[local_servers.Webhook]:
    with local_servers.webhook() as hook:
        yield hook


def shown(habit: str) -> Any:
    """Return the YAML that the page shows of a habit."""
    return yaml.safe_load(packages_page.typed("Great Expectations", habit)[0])


def section() -> dict[str, Any]:
    """Return the page's YAML in one section `validate`; `dim` and `heavy` are added here, and both are broken."""
    dark = shown("G1 an expectation by its name and arguments")["expectations"]["dark"]
    dim = {**dark, "arguments": {**dark["arguments"], "max_value": 0.0}, **shown("G2 severity")}
    ink = {"column": "descriptor.ink", "max_value": 0.1, **shown("G3 conditions on rows")}
    heavy = {**dark, "arguments": ink, "severity": "info"}
    return {
        "expectations": {"dark": dark, "dim": dim, "heavy": heavy, **shown("G7 one's own expectation")["expectations"]},
        "actions": {
            **shown("G6 a Checkpoint with actions")["actions"],
            **shown("G6 one's own action")["actions"],
        },
        "raw": shown("G8 raw tables")["raw"],
    }


def finding(project: Project, check: str, case: str | None = None) -> Finding:
    (found,) = [each for each in project.findings("image", "validate") if (each.check, each.case) == (check, case)]
    return found


def test_the_yaml_of_the_page_is_judged_and_tells_who_asked(project: Project, slack: local_servers.Webhook) -> None:
    folder = project.folder
    (folder / "extensions/image").mkdir(parents=True, exist_ok=True)
    (folder / "extensions/image/own.py").write_text(OWN, encoding="utf-8")
    for name, entries in section().items():
        project.edit("conf/task/image.yaml", **{f"validate.{name}.{key}": value for key, value in entries.items()})
    webhook = {"SLACK_WEBHOOK": f"{slack.address}/services/secret"}

    done = project.repro("validate@image", **webhook)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert finding(project, "validate.dark").verdict == "pass"
    assert finding(project, "validate.ink").verdict == "pass"
    assert finding(project, "validate.warning", "dim").verdict == "fail"
    heavy = finding(project, "validate.info", "heavy")
    examples = pd.read_parquet(folder / "data/prepared/image/examples.parquet")
    assert heavy.n == (examples["group.stroke"] == "heavy").sum()
    assert finding(project, "validate.raw", "scans.one_row_each").verdict == "pass"
    assert (folder / "note.txt").exists()
    assert slack.messages == []

    names = dict(opened(project))
    assert names["dark"] is True
    assert names["dim"] is False
    page = folder / packages_page.typed("Great Expectations", "G4 Data Docs")[0]
    assert "dark" in page.read_text(encoding="utf-8")

    project.edit("conf/task/image.yaml", **{"validate.expectations.dark.arguments.max_value": 0.0})
    failed = project.repro("validate@image", **webhook)
    assert failed.returncode != 0
    assert finding(project, "validate.dark").verdict == "fail"
    assert len(slack.messages) == 1
    assert "secret" not in failed.stdout + failed.stderr
    assert project.network() == []


def opened(project: Project) -> list[tuple[str, bool]]:
    """Return each expectation of the suite and whether it is met, as Great Expectations finds without this project."""
    (expression,) = packages_page.typed("Great Expectations", "G5 the suite as JSON")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OPENED, expression],
        cwd=project.folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return [(name, met) for name, met in lines]
