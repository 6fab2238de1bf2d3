"""Which code a verdict speaks of, and what must not run in its place."""

import importlib.util
import json
import marshal
import os
import py_compile
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hallmark import source_code
from hallmark.errors import InputError

TASKS = {
    "tasks": {"cards": {"system": "table"}, "scans": {"system": "medical"}},
    "bundled": {"scans": {"system": "medical"}},
}
STAGES = {
    "raw": {"foreach": "${bundled}", "do": {"deps": ["pipelines/raw.py"]}},
    "prepare": {
        "foreach": "${tasks}",
        "do": {"deps": ["data/raw/${key}", {"pipelines/prepare.py": {}}, "src/hallmark/systems/${item.system}"]},
    },
    "gate": {"foreach": "${tasks}", "do": {"deps": ["src/hallmark/answers.py", "requirements.lock"]}},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "dvc.yaml": json.dumps({"stages": STAGES}),
        "conf/tasks.yaml": json.dumps(TASKS),
        "pipelines/raw.py": "RAW = 1\n",
        "pipelines/prepare.py": "PREPARE = 1\n",
        "src/hallmark/__init__.py": "",
        "src/hallmark/answers.py": "def right():\n    return 1 if True else 2\n",
        "src/hallmark/systems/table/reading.py": "FRAUD = 1\n",
        "src/hallmark/systems/medical/reading.py": "MEDICAL = 1\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_a_task_lists_its_own_system_and_the_stages_that_it_has(root: Path) -> None:
    shared = ["pipelines/prepare.py", "src/hallmark/answers.py"]
    assert source_code.listed(root, "cards") == [*shared, "src/hallmark/systems/table"]
    assert source_code.listed(root, "scans") == [
        "pipelines/prepare.py",
        "pipelines/raw.py",
        "src/hallmark/answers.py",
        "src/hallmark/systems/medical",
    ]


def test_a_change_of_another_system_changes_nothing(root: Path) -> None:
    before = {task: source_code.digest(root, task) for task in TASKS["tasks"]}
    (root / "src/hallmark/systems/medical/reading.py").write_text("MEDICAL = 2\n", encoding="utf-8")
    (root / "pipelines/promote.py").write_text("PROMOTE = 1\n", encoding="utf-8")
    assert source_code.digest(root, "cards") == before["cards"]
    assert source_code.digest(root, "scans") != before["scans"]
    (root / "src/hallmark/answers.py").write_text("", encoding="utf-8")
    assert source_code.digest(root, "cards") != before["cards"]


def test_code_in_a_linked_folder_counts(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "extra.py").write_text("EXTRA = 1\n", encoding="utf-8")
    (root / "src/hallmark/systems/table/extra").symlink_to(elsewhere, target_is_directory=True)
    before = source_code.digest(root, "cards")
    (elsewhere / "extra.py").write_text("EXTRA = 2\n", encoding="utf-8")
    assert source_code.digest(root, "cards") != before


def test_a_task_that_is_not_listed_is_named(root: Path) -> None:
    with pytest.raises(InputError, match="'nobody' is none of those"):
        source_code.digest(root, "nobody")


def plant(root: Path, code: str, *, hashed: bool = False) -> Path:
    """Compile other code into the cache of answers.py as Python would, with the size and time of the honest file."""
    source = root / "src/hallmark/answers.py"
    honest = source.read_bytes()
    cache = Path(importlib.util.cache_from_source(source))
    cache.parent.mkdir(exist_ok=True)
    body = marshal.dumps(compile(code, str(source), "exec"))
    status = source.stat()
    stamp = b"".join(number.to_bytes(4, "little") for number in (0, int(status.st_mtime), len(honest)))
    unchecked = (1).to_bytes(4, "little") + bytes(8)  # a hash that Python is told not to check
    cache.write_bytes(importlib.util.MAGIC_NUMBER + (unchecked if hashed else stamp) + body)
    return cache


def answer(root: Path) -> str:
    code = "from hallmark import answers; print(answers.right())"
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    environment.pop("PYTHONPYCACHEPREFIX", None)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("hashed", [False, True])
@pytest.mark.parametrize(
    "code",
    [
        "def right():\n    return 9 if True else 2\n",
        "def right():\n    return True if True else 2\n",
        "import os\ndef right():\n    return 1 if True else 2\n",
    ],
)
def test_a_planted_cache_is_refused(root: Path, code: str, hashed: bool) -> None:
    before = source_code.digest(root, "cards")
    planted = plant(root, code, hashed=hashed)
    if "9" in code:
        assert answer(root) == "9"  # Python does run it, and the source says 1
    with pytest.raises(InputError, match=planted.name):
        source_code.digest(root, "cards")
    planted.unlink()
    assert source_code.digest(root, "cards") == before


def test_an_honest_cache_and_a_stale_one_are_none(root: Path) -> None:
    source = root / "src/hallmark/answers.py"
    before = source_code.digest(root, "cards")
    for level in (0, 1, 2):
        py_compile.compile(str(source), dfile="/another/folder/answers.py", optimize=level)
    assert source_code.digest(root, "cards") == before
    source.write_text("def right():\n    return 12345\n", encoding="utf-8")
    assert answer(root) == "12345"  # Python sees that the caches are of an earlier source
    assert source_code.digest(root, "cards") != before


@pytest.mark.parametrize(
    "name",
    [
        "src/hallmark/hidden.pyc",
        "src/hallmark/answers.abi3.so",
        "pipelines/hidden.pyc",
        "src/hallmark/answers/__init__.py",
        "src/numpy.py",
        "src/sitecustomize.py",
        "json.py",
        "hallmark/__init__.py",
        "numpy/__init__.py",
    ],
)
def test_what_would_run_in_place_of_the_code_is_refused(root: Path, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(b"")
    intruder = name.removesuffix("/__init__.py")
    with pytest.raises(InputError, match=re.escape(f"{root / intruder}")):
        source_code.digest(root, "cards")


def test_a_script_of_ones_own_in_the_folder_is_no_matter(root: Path) -> None:
    before = source_code.digest(root, "cards")
    (root / "my_own_script_of_today.py").write_text("", encoding="utf-8")
    assert source_code.digest(root, "cards") == before
