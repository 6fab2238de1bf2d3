"""A person's own functions: only what lies in the task's own folder can be named, and each mistake is one sentence."""

from pathlib import Path

import pytest

from hallmark import digests, extensions
from hallmark.errors import InputError

CODE = """
SCALE = 2


def twice(rows):
    return SCALE * rows


def of_two(rows, other):
    return rows
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "extensions/fraud"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(CODE, encoding="utf-8")
    (folder / "broken.py").write_text("import nothing_of_this_name", encoding="utf-8")
    (tmp_path / "extensions/other").mkdir()
    (tmp_path / "extensions/other/own.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def test_a_function_is_loaded_from_the_folder_of_its_task(project: Path) -> None:
    assert extensions.load_function("extensions.fraud.own.twice", "fraud", project)(4) == 8


def test_its_digest_is_that_of_its_file(project: Path) -> None:
    before = extensions.digest_of(["extensions.fraud.own.twice"], "fraud", project)
    assert before == digests.combine({"own.py": digests.file(project / "extensions/fraud/own.py")})
    (project / "extensions/fraud/own.py").write_text(CODE.replace("2", "3"), encoding="utf-8")
    assert extensions.digest_of(["extensions.fraud.own.twice"], "fraud", project) != before


def test_nothing_named_has_no_digest(project: Path) -> None:
    assert extensions.digest_of([], "fraud", project) == ""


@pytest.mark.parametrize(
    "statement",
    [
        "from extensions.fraud.layers import SCALE",
        "from extensions.fraud import layers",
        "import extensions.fraud.layers",
        "from .layers import SCALE",
        "from . import layers",
    ],
)
def test_a_file_can_import_another_which_counts_for_the_digest(project: Path, statement: str) -> None:
    layers = project / "extensions/fraud/layers.py"
    layers.write_text("SCALE = 5\n", encoding="utf-8")
    (project / "extensions/fraud/unused.py").write_text("SCALE = 6\n", encoding="utf-8")
    (project / "extensions/fraud/net.py").write_text(
        f"{statement}\n\n\ndef first(x):\n    return x\n", encoding="utf-8"
    )

    assert extensions.load("extensions.fraud.net.first", "fraud", project)(4) == 4
    assert extensions.load("extensions.fraud.layers.SCALE", "fraud", project) == 5
    before = extensions.digest_of(["extensions.fraud.net.first"], "fraud", project)
    (project / "extensions/fraud/unused.py").write_text("SCALE = 7\n", encoding="utf-8")
    assert extensions.digest_of(["extensions.fraud.net.first"], "fraud", project) == before
    layers.write_text("SCALE = 55\n", encoding="utf-8")
    assert extensions.digest_of(["extensions.fraud.net.first"], "fraud", project) != before
    assert extensions.load("extensions.fraud.layers.SCALE", "fraud", project) == 55


def test_the_same_name_in_two_projects_is_two_modules(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "extensions/fraud").mkdir(parents=True)
    (other / "extensions/fraud/own.py").write_text(CODE.replace("2", "3"), encoding="utf-8")
    assert extensions.load("extensions.fraud.own.SCALE", "fraud", project) == 2
    assert extensions.load("extensions.fraud.own.SCALE", "fraud", other) == 3


@pytest.mark.parametrize(
    ("dotted", "words"),
    [
        ("os.path.join", r"must be extensions\.fraud\.<file>\.<name>"),
        ("extensions.other.own.twice", r"must be extensions\.fraud\.<file>\.<name>"),
        ("extensions.fraud.sub.own.twice", r"must be extensions\.fraud\.<file>\.<name>"),
        ("extensions.fraud.../own.twice", r"must be extensions\.fraud\.<file>\.<name>"),
        ("extensions.fraud.missing.twice", "there is no file extensions/fraud/missing.py"),
        ("extensions.fraud.own.thrice", "extensions/fraud/own.py has no thrice"),
        ("extensions.fraud.own.SCALE", "extensions/fraud/own.py has no function SCALE"),
        ("extensions.fraud.own.of_two", "can't be called with one argument: missing a required argument: 'other'"),
        ("extensions.fraud.broken.any", "extensions/fraud/broken.py does not run: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_loaded_is_said(project: Path, dotted: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        extensions.load_function(dotted, "fraud", project)
