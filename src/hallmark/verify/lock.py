"""dvc.lock: what it names for a task, and whether the files here are that, byte for byte."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from hallmark import digests
from hallmark.declared_stages import declared_paths, resolved_stages
from hallmark.errors import InputError
from hallmark.evidence_differences import Difference
from hallmark.files import require
from hallmark.layout import Layout

NAME = "dvc.lock"
STAGES = ("configure", "prepare", "validate", "train", "evaluate", "bias", "drift", "gate")
DVC_KEEPS = ("data/", "models/", "reports/")  # though git keeps the tables in reports/
ABSENT = "nothing is there"
# Not compared: they serve all tasks, and what one takes of them is in its parameters, which have an
# MD5 of their own.
OF_ALL_TASKS = ("conf", "extensions")


def entries(text: str, task: str) -> dict[str, Any]:
    """Return the entries of a task's stages in the text of dvc.lock, by stage.

    Raises `InputError` where it is no lock.
    """
    try:
        stages = yaml.safe_load(text)["stages"]
        by_parts = [(*name.split("@", 1), entry) for name, entry in stages.items() if "@" in name]
        return {stage: entry for stage, stage_task, entry in by_parts if stage_task == task}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{NAME} is no lock that DVC wrote ({type(error).__name__}): `dvc repro` writes one"
        ) from error


def read(root: Path, task: str) -> dict[str, Any]:
    """Return the task's entries of dvc.lock below `root`, by stage.

    Raises `InputError` where it is missing or no lock.
    """
    return entries(require(root / NAME, "the pipeline's lock").read_text(encoding="utf-8"), task)


def tracked(root: Path, path: str) -> dict[str, Any] | None:
    """Return the output that a .dvc file (`dvc add`) names for `path`; None where there is no such
    file.
    """
    pointer = root / f"{path}.dvc"
    if not pointer.is_file():
        return None
    try:
        (out,) = yaml.safe_load(pointer.read_text(encoding="utf-8"))["outs"]
        return {**out, "md5": str(out["md5"])}
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{pointer} is no file that `dvc add` wrote ({type(error).__name__})") from error


def size(root: Path, path: str, task: str) -> int | None:
    """Return the bytes of a path by its .dvc file, or else by dvc.lock; None where neither names
    its size.
    """
    pointer = tracked(root, path)
    if pointer is not None:
        outputs = [pointer]
    else:
        locked_outputs = [out for entry in read(root, task).values() for out in entry.get("outs", [])]
        outputs = [out for out in locked_outputs if out["path"] == path]
    sizes = [out["size"] for out in outputs if out.get("size") is not None]
    return int(sizes[0]) if sizes else None


def code_and_evidence(root: Path, task: str) -> list[str]:
    """Return the task's paths that git keeps: code, parameters, reports, dvc.yaml and the .dvc file
    of its raw data.
    """
    entries_of_task = read(root, task).values()
    named = {path for entry in entries_of_task for path, _ in _named(entry)}
    layout = Layout(task)
    pointer = [layout.raw_pointer.as_posix()] if tracked(root, layout.raw.as_posix()) else []
    kept_by_git = sorted(path for path in named if not path.startswith(DVC_KEEPS))
    return [*pointer, "dvc.yaml", layout.reports.as_posix(), *kept_by_git]


def compare_files(root: Path, task: str) -> list[Difference]:
    """Return every way in which the task's files below `root` are not what dvc.lock and its .dvc
    file name.

    Compared is what the stages up to the gate depend on and write: data, code, reports, package and
    parameters. Raw data that is not here at all is no difference, since who promotes need not have
    it.
    """
    locked = read(root, task)
    raw = Layout(task).raw.as_posix()
    missing_stages = [stage for stage in STAGES if stage not in locked]
    all_differences = [
        Difference(f"{stage}@{task} in {NAME}", "an entry", "none: `dvc repro` runs it") for stage in missing_stages
    ]

    md5s, contradictions = _locked_md5s(locked)
    all_differences += contradictions

    pointer = tracked(root, raw)
    if pointer is not None and md5s.get(raw) != pointer["md5"]:
        expected = f"{pointer['md5']}, of {raw}.dvc"
        all_differences.append(Difference(f"{raw} in {NAME}", expected, md5s.get(raw, "none")))

    all_differences += _undeclared(root, task, locked)

    is_ignored = ignored_by_dvc(root)
    for path, locked_md5 in sorted(md5s.items()):
        if path in OF_ALL_TASKS:
            continue
        actual_md5 = checksum(root / path, is_ignored)
        is_absent_raw_data = path == raw and actual_md5 == ABSENT
        if actual_md5 != locked_md5 and not is_absent_raw_data:
            all_differences.append(Difference(f"{path}, MD5 in {NAME}", locked_md5, actual_md5))
    return all_differences


def _locked_md5s(locked: dict[str, Any]) -> tuple[dict[str, str], list[Difference]]:
    """Return the MD5 of each path by the stages up to the gate, and a difference where two stages
    name another.
    """
    md5s: dict[str, str] = {}
    contradictions = []
    for stage, entry in locked.items():
        if stage == "publish":
            continue
        for path, md5 in _named(entry):
            if md5s.setdefault(path, md5) != md5:
                contradictions.append(Difference(f"{path} in {NAME}", md5s[path], f"{md5} for {stage}"))
    return md5s, contradictions


def _undeclared(root: Path, task: str, locked: dict[str, Any]) -> list[Difference]:
    """Return a difference for each path that dvc.yaml declares for a stage and dvc.lock lacks, or
    the reverse.

    Raises `InputError` where DVC can't read dvc.yaml.
    """
    stages = resolved_stages(root)
    if stages is None:
        raise InputError(f"{root / 'dvc.yaml'} can't be resolved by DVC: `dvc stage list` says why")

    undeclared = []
    for stage in STAGES:
        if stage not in locked:
            continue
        declared = declared_paths(stages.get(f"{stage}@{task}", {}))
        named = {path for path, _ in _named(locked[stage])}
        for path in sorted(declared ^ named):
            sides = ("declared", "left out") if path in declared else ("not declared", "named")
            undeclared.append(Difference(f"{path} of {stage}@{task}: dvc.yaml and {NAME}", *sides))
    return undeclared


def ignored_by_dvc(root: Path) -> Callable[[Path], bool]:
    """Return a function of a file's path: whether the `.dvcignore` files below `root` exclude it.

    DVC itself is asked, since its patterns are git's with exceptions of its own.
    """
    from dvc.fs import localfs  # 1 s of every process that doesn't compare
    from dvc.ignore import DvcIgnoreFilter

    patterns = DvcIgnoreFilter(localfs, str(root.absolute()))
    return lambda path: bool(patterns.is_ignored_file(str(path.absolute())))


def checksum(path: Path, is_ignored: Callable[[Path], bool] = lambda _: False) -> str:
    """Return the MD5 by which DVC names a file or a folder, or ABSENT.

    A folder's is the MD5 of the JSON list of its files' MD5s and relative paths, with the suffix
    `.dir`. Files for which `is_ignored` is true are left out.
    """
    if path.is_file():
        return _md5(path)
    if not path.is_dir():
        return ABSENT
    files = {below.relative_to(path).as_posix(): below for below in digests.walk(path) if not is_ignored(below)}
    listed = [{"md5": _md5(files[name]), "relpath": name} for name in sorted(files)]
    text = json.dumps(listed, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"


def _named(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the path and the MD5 of each dependency and output of an entry."""
    for each in [*entry.get("deps", []), *entry.get("outs", [])]:
        yield str(each["path"]), str(each.get("md5", "none"))


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
