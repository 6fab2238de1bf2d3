"""A person's own functions: only what lies in the task's own folder can be named, and each mistake is one sentence."""

import os
import py_compile
from collections.abc import Mapping
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
COMPUTED = """
from importlib import import_module


def layer():
    return import_module("extensions.fraud." + "hidden").SCALE
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


def write(project: Path, files: Mapping[str, str]) -> None:
    """Write files of the task's folder, by their place in it."""
    for place, text in files.items():
        path = project / "extensions/fraud" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "statement",
    [
        "from extensions.fraud.parts.norm import SCALE",
        "from .parts.norm import SCALE",
        "from .parts import norm",
        "import extensions.fraud.parts.norm",
    ],
)
@pytest.mark.parametrize("is_package", [False, True])
def test_files_in_folders_below_count_for_the_digest(project: Path, statement: str, is_package: bool) -> None:
    write(project, {"net.py": f"{statement}\n\n\ndef first(x):\n    return x\n", "deep.py": "SCALE = 5\n"})
    write(project, {"parts/norm.py": "from ..deep import SCALE\n"})
    if is_package:
        write(project, {"parts/__init__.py": "A = 1\n"})

    dotted = "extensions.fraud.net.first"
    assert extensions.load(dotted, "fraud", project)(4) == 4
    assert extensions.load(dotted, "fraud", project) is extensions.load(dotted, "fraud", project)

    counted = ["net.py", "parts/norm.py", "deep.py", *(["parts/__init__.py"] if is_package else [])]
    contents = {name: digests.file(project / "extensions/fraud" / name) for name in counted}
    assert extensions.digest_of([dotted], "fraud", project) == digests.combine(contents)


def test_what_no_digest_counts_is_not_imported(project: Path) -> None:
    write(project, {"hidden.py": "SCALE = 5\n", "later.py": COMPUTED, "at_once.py": f"{COMPUTED}\n\nlayer()\n"})
    with pytest.raises(InputError, match=r"extensions\.fraud\.hidden is imported in a way that no digest counts"):
        extensions.load("extensions.fraud.at_once.layer", "fraud", project)
    layer = extensions.load("extensions.fraud.later.layer", "fraud", project)
    with pytest.raises(ImportError, match=r"extensions\.fraud\.hidden is imported in a way that no digest counts"):
        layer()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "from extensions.other.own import SCALE",
            "imports extensions/other/: copy what it needs to extensions/fraud/",
        ),
        ("from ..other.own import SCALE", "imports extensions/other/: copy what it needs to extensions/fraud/"),
        ("from extensions import other", "imports extensions/other/: copy what it needs to extensions/fraud/"),
        ("import helper", "imports helper, a file of this project that no digest counts: move it to extensions/fraud/"),
        ("from scripts.helper import A", "imports scripts, a file of this project that no digest counts"),
    ],
)
def test_a_file_of_the_project_that_lies_elsewhere_is_not_imported(project: Path, statement: str, words: str) -> None:
    (project / "helper.py").write_text("A = 1\n", encoding="utf-8")
    (project / "scripts").mkdir()
    (project / "scripts/helper.py").write_text("A = 1\n", encoding="utf-8")
    write(project, {"net.py": f"{statement}\n\n\ndef first(x):\n    return x\n"})
    for refuse in (extensions.load, lambda dotted, *rest: extensions.digest_of([dotted], *rest)):
        with pytest.raises(InputError, match=f"needs extensions/fraud/net.py, which {words}"):
            refuse("extensions.fraud.net.first", "fraud", project)


def test_neither_a_package_nor_compiled_code_runs_in_the_place_of_a_file(project: Path) -> None:
    source = project / "extensions/fraud/own.py"
    status = source.stat()
    source.write_text(CODE.replace("2", "7"), encoding="utf-8")
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    source.write_text(CODE, encoding="utf-8")
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    write(project, {"own/__init__.py": "SCALE = 8\n"})
    assert extensions.load("extensions.fraud.own.SCALE", "fraud", project) == 2


def test_a_link_out_of_the_folder_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_text(CODE, encoding="utf-8")
    (project / "extensions/fraud/linked.py").symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(
        InputError, match=r"extensions/fraud/linked.py, which is a link to a file outside of extensions/"
    ):
        extensions.load("extensions.fraud.linked.twice", "fraud", project)


def test_a_script_that_ends_itself_is_said(project: Path) -> None:
    write(project, {"script.py": "import sys\n\nsys.exit(0)\n"})
    with pytest.raises(InputError, match=r"extensions/fraud/script.py does not run: SystemExit: 0"):
        extensions.load("extensions.fraud.script.main", "fraud", project)


def test_a_task_with_a_hyphen_and_a_file_called_as_a_module_of_python(tmp_path: Path) -> None:
    folder = tmp_path / "extensions/my-task"
    folder.mkdir(parents=True)
    (folder / "json.py").write_text("from json import dumps\nfrom .random import A\n", encoding="utf-8")
    (folder / "random.py").write_text("import random\n\nA = random.Random(0).random()\n", encoding="utf-8")
    dumps = extensions.load("extensions.my-task.json.dumps", "my-task", tmp_path)
    assert dumps({"a": 1}) == '{"a": 1}'
    contents = {name: digests.file(folder / name) for name in ("json.py", "random.py")}
    assert extensions.digest_of(["extensions.my-task.json.dumps"], "my-task", tmp_path) == digests.combine(contents)
