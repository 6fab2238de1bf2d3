"""The conventions of the house, guarded."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo
from imports import ROOT, closure
from known import known

from hallmark import source_code, systems
from hallmark.answers.answer import Answer
from hallmark.contracts import findings
from hallmark.systems.system import System

pytestmark = pytest.mark.slow

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
TASKS = yaml.safe_load((ROOT / "conf/tasks.yaml").read_text(encoding="utf-8"))
STAGES = ["configure", "prepare", "validate", "train", "evaluate", "bias", "drift", "gate", "publish"]
ROOMS = {*STAGES, "drift_ui", "promote", "tracking", "verify"}
SOURCES = sorted((ROOT / "src").rglob("*.py")) + sorted((ROOT / "pipelines").glob("*.py"))


def dependencies(stage: str, system: str) -> set[str]:
    listed = PIPELINE["stages"][stage]["do"]["deps"]
    return {str(item).replace("${item.system}", system) for item in listed}


@pytest.mark.parametrize("system", sorted({task["system"] for task in TASKS["tasks"].values()}))
@pytest.mark.parametrize("stage", PIPELINE["stages"])
def test_a_stage_lists_exactly_the_code_that_it_runs(stage: str, system: str) -> None:
    listed = {path for path in dependencies(stage, system) if path.startswith(("src/", "pipelines"))}
    run = {str(path.relative_to(ROOT)) for path in code(stage, system) if path.read_text().strip()}
    markers = {path for path in run if path.endswith("__init__.py") and _is_only_a_docstring(ROOT / path)}
    missed = {path for path in run - markers if not any(_covers(item, path) for item in listed)}
    used = {str(p.relative_to(ROOT)) for each in systems.NAMES for p in code(stage, each)}
    generic = {str(path).replace(f"/{each}/", f"/{system}/") for path in used for each in systems.NAMES}
    idle = {item for item in listed if not any(_covers(item, path) for path in generic)}
    assert (missed, idle) == (set(), set())


def code(stage: str, system: str) -> set[Path]:
    """The files that a stage runs; the gate's verdict speaks of the code of all of them."""
    entries = PIPELINE["stages"] if stage == "gate" else [stage]
    return {path for entry in entries for path in closure(f"pipelines.{entry}", system)}


@pytest.mark.parametrize("task", ["fraud", "medical"])
def test_the_code_behind_a_verdict_is_what_dvc_lists_for_the_task(task: str) -> None:
    stages = [stage for stage in Repo(ROOT).index.stages if getattr(stage, "name", "").endswith(f"@{task}")]
    assert len(stages) == len(PIPELINE["stages"])
    paths = {Path(dep.fs_path).relative_to(ROOT).as_posix() for stage in stages for dep in stage.deps}
    assert source_code.listed(ROOT, task) == sorted(p for p in paths if p.startswith(("src/", "pipelines/")))


def _covers(item: str, path: str) -> bool:
    return path == item or path.startswith(f"{item}/")


def _is_only_a_docstring(path: Path) -> bool:
    return all(isinstance(node, ast.Expr) for node in ast.parse(path.read_text(encoding="utf-8")).body)


def test_the_stages_are_the_nine_words_everywhere() -> None:
    assert set(PIPELINE["stages"]) == {"raw", *STAGES}
    assert all((ROOT / "pipelines" / f"{stage}.py").is_file() for stage in STAGES)
    assert all((ROOT / "src/hallmark" / stage).is_dir() for stage in STAGES)
    assert all((ROOT / "tests" / stage).is_dir() for stage in STAGES)


def test_no_stage_room_imports_another() -> None:
    for path in SOURCES:
        room = path.relative_to(ROOT).parts[2] if path.is_relative_to(ROOT / "src/hallmark") else None
        others = ROOMS - {room, "tracking"}
        if room in ROOMS:
            found = re.findall(r"^\s*(?:from|import) hallmark\.(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert not others & set(found), f"{path} imports another room"


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("great_expectations", {"validate"}),
        ("evidently", {"drift", "drift_ui"}),
        ("mlflow", {"tracking", "publish", "promote"}),
        ("pytorch_lightning", {"train"}),
        ("hydra", {"configure", "components", "train"}),
    ],
)
def test_a_library_lives_in_its_room(library: str, rooms: set[str]) -> None:
    pattern = re.compile(rf"^\s*(?:from|import) {library}\b", re.MULTILINE)
    users = {path.relative_to(ROOT).parts[2] for path in SOURCES if pattern.search(path.read_text(encoding="utf-8"))}
    assert users <= rooms


def test_no_two_modules_share_a_name() -> None:
    """Modules and packages, but for the parts of systems and answers, and for entries that are called as their room.

    The room `config` and the part `config`, a system's own sections of it, are one thing.
    """
    modules = {path for path in SOURCES if path.stem != "__init__"} | {path.parent for path in SOURCES}
    names_of_parts = {path.stem for path in modules if _is_part(path)} - {"config"}
    others = [path for path in modules if not _is_part(path) and not _is_entry_of_a_room(path)]
    counts = Counter(path.stem for path in others)
    shared = [str(path) for path in others if counts[path.stem] > 1 or path.stem in names_of_parts]
    assert sorted(shared) == []


def _is_part(module: Path) -> bool:
    """Whether it is `systems/<system>/<part>` or `answers/<answer>/<part>`: these are found by their names.

    A system's `network` is none of its interface, since the configuration names the class in it.
    """
    owner = module.parent.parent.name
    if owner == "systems" and module.stem == "network":
        return True
    interface = {"systems": System, "answers": Answer}.get(owner)
    return interface is not None and isinstance(vars(interface).get(module.stem), property)


def _is_entry_of_a_room(module: Path) -> bool:
    return module.parent.name == "pipelines" and module.stem in ROOMS


def test_no_function_stands_twice() -> None:
    """A body of two statements or more, the docstring aside, is written once."""
    places_by_body: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if sum(isinstance(inner, ast.stmt) for statement in body for inner in ast.walk(statement)) > 1:
                place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                places_by_body.setdefault("; ".join(map(ast.dump, body)), []).append(place)

    assert [places for places in places_by_body.values() if len(places) > 1] == []


def test_nothing_is_pickled_and_no_shell_is_called() -> None:
    pattern = re.compile(
        r"\bimport pickle|weights_only=False|shell=True|os\.system|allow_pickle=True|(?<![.\w])(?:eval|exec)\("
    )
    assert [str(path) for path in SOURCES if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_every_stage_depends_on_the_locked_environment() -> None:
    assert all("requirements.lock" in dependencies(stage, "image") for stage in PIPELINE["stages"])
    assert "torch==2.13.0\n" in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_what_a_run_measures_in_time_is_kept_by_dvc_and_ignored_by_git() -> None:
    outputs = [output for stage in PIPELINE["stages"].values() for output in stage["do"].get("outs", [])]
    times = [output for output in outputs if "cost.json" in str(output)]
    assert times == ["reports/${key}/train/cost.json", "reports/${key}/evaluate/cost.json"]  # cached: no mapping

    names = [name.replace("${key}", task) for name in times for task in TASKS["tasks"]]
    ignored = subprocess.run(["git", "check-ignore", "--no-index", *names], cwd=ROOT, capture_output=True, text=True)
    tracked = subprocess.run(["git", "ls-files", *names], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ignored.stdout.split() == names
    assert tracked.stdout == ""


@pytest.mark.parametrize("task", TASKS["tasks"])
def test_git_keeps_the_ledger_that_a_report_counts_by(task: str) -> None:
    found = findings.read(ROOT / f"reports/{task}/evaluate/findings.json")
    count = known(next(each.estimate for each in found if each.check == "evaluate.test_use"))

    name = f".ledger/{task}.jsonl"
    kept = subprocess.run(["git", "ls-files", name], cwd=ROOT, capture_output=True, text=True, check=True)
    assert kept.stdout.split() == [name]
    assert 1 <= count <= len((ROOT / name).read_text(encoding="utf-8").splitlines())
