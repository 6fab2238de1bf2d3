"""Public texts by YAML alone: the examples of the documentation, on the real files, through every stage."""

import os
import shutil
from pathlib import Path

import pytest
from known import known
from project import Add, Project

from hallmark.contracts.findings import Finding

pytestmark = [
    pytest.mark.public_data,
    pytest.mark.skipif("HALLMARK_PUBLIC_DATA" not in os.environ, reason="the public data sets are not here"),
]


def run(project: Project, raw: Path, files: str) -> dict[str, Finding]:
    """Run a task on the public files for one of its three epochs, and return the model's metrics and its gains on the
    test split, by subject.
    """
    project.edit(f"conf/task/{raw.name}.yaml", **{"train.epochs": 1})
    for file in Path(os.environ["HALLMARK_PUBLIC_DATA"]).glob(files):
        shutil.copy(file, raw)
    done = project.repro(f"publish@{raw.name}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = project.findings(raw.name, "evaluate")
    return {one.subject: one for one in found if one.check in ("evaluate.metric", "evaluate.gain")}


def expect_counting_to_win(project: Project, task: str, found: dict[str, Finding]) -> None:
    assert known(found["bits_per_byte over rule"].low) > 0.5
    assert known(found["bits_per_byte over Kneser-Ney n-gram"].high) < 0  # the n-gram does better, and the verdict
    assert project.json(f"reports/{task}/gate/verdict.json")["status"] == "blocked"  # says so


def test_tiny_shakespeare(project: Project, own_task: Add) -> None:
    found = run(project, own_task("shakespeare", "language"), "tinyshakespeare/input.txt")
    assert known(found["nats_per_character"].estimate) <= 1.88  # nanoGPT on a CPU; three epochs get 1.59
    expect_counting_to_win(project, "shakespeare", found)


def test_wikitext_2(project: Project, own_task: Add) -> None:
    found = run(project, own_task("wikitext", "language"), "wikitext2/*.txt")
    assert known(found["bits_per_byte"].estimate) <= 2.3  # three epochs get 1.98
    expect_counting_to_win(project, "wikitext", found)
