"""The three suites of make: each holds the smaller one, and no test is in none of them."""

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression
from imports import ROOT

pytestmark = pytest.mark.slow

SUITES = ("test-fast", "test", "test-all")
PLUGIN = """
import json, os

def pytest_collection_finish(session):
    marks = {item.nodeid: sorted({mark.name for mark in item.iter_markers()}) for item in session.items}
    with open(os.environ["MARKS"], "w", encoding="utf-8") as file:
        json.dump(marks, file)
"""


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The marks of every test, by its id."""
    folder = tmp_path_factory.mktemp("marks")
    (folder / "note_marks.py").write_text(PLUGIN, encoding="utf-8")
    path = os.pathsep.join([str(folder), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "MARKS": str(folder / "marks.json"), "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "note_marks", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    noted = json.loads((folder / "marks.json").read_text(encoding="utf-8"))
    return {name: set(names) for name, names in noted.items()}


def expression(suite: str) -> str | None:
    """The expression of marks by which a target of the Makefile chooses tests; None where it runs all of them."""
    done = subprocess.run(["make", "--dry-run", suite], cwd=ROOT, capture_output=True, text=True, check=True)
    (command,) = [line for line in done.stdout.splitlines() if " -m pytest " in line]
    chosen = re.search(r" -m '([^']*)'", command)
    return None if chosen is None else chosen[1]


def suite_of(name: str, marks: dict[str, set[str]]) -> set[str]:
    words = expression(name)
    if words is None:
        return set(marks)
    chosen = Expression.compile(words)
    return {test for test, own in marks.items() if chosen.evaluate(partial(_bears, own))}


def _bears(own: set[str], mark: str, **_: object) -> bool:
    return mark in own


def test_each_suite_holds_the_smaller_one_and_the_last_holds_all(marks: dict[str, set[str]]) -> None:
    fast, usual, whole = (suite_of(name, marks) for name in SUITES)
    assert fast < usual < whole
    assert whole == set(marks)


def test_every_file_of_tests_is_collected(marks: dict[str, set[str]]) -> None:
    files = {path.relative_to(ROOT).as_posix() for path in Path(ROOT / "tests").rglob("test_*.py")}
    assert {name.partition("::")[0] for name in marks} == files


def test_whole_pipelines_servers_and_browsers_are_in_the_last_suite_alone(marks: dict[str, set[str]]) -> None:
    usual = suite_of("test", marks)
    assert not {name for name in usual if name.startswith(("tests/pipeline/", "tests/ui/"))}
    assert not {name for name in usual if "on_server" in name}
