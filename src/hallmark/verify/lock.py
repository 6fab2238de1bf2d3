"""dvc.lock: what it names for a task, and whether the files here are that, byte for byte."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from hallmark import digests
from hallmark.errors import InputError
from hallmark.files import require
from hallmark.layout import Layout
from hallmark.lockfile import declared_paths, resolved_stages
from hallmark.verify.record import Difference

NAME = "dvc.lock"
STAGES = ("configure", "prepare", "validate", "train", "evaluate", "bias", "drift", "gate")
DVC_KEEPS = ("data/", "models/", "reports/")  # of reports git keeps the tables
ABSENT = "nothing is there"
CONFIGURATION = "conf"  # of all tasks: what a task composes of it is its parameters, which have an MD5 of their own


def entries(text: str, task: str) -> dict[str, Any]:
    """Return the entries of the task's stages in the text of dvc.lock, by stage. Raises `InputError` on any other."""
    try:
        stages = yaml.safe_load(text)["stages"]
        own = {name.partition("@")[0]: entry for name, entry in stages.items() if name.partition("@")[2] == task}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{NAME} is no lock that DVC wrote ({type(error).__name__}): `dvc repro` writes one"
        ) from error
    return own


def read(root: Path, task: str) -> dict[str, Any]:
    """Return the entries of dvc.lock below `root`. Raises `InputError` where it is missing or none."""
    return entries(require(root / NAME, "the pipeline's lock").read_text(encoding="utf-8"), task)


def tracked(root: Path, path: str) -> dict[str, Any] | None:
    """Return what a .dvc file says of a path that a person added (`dvc add`), None where there is no such file."""
    own = root / f"{path}.dvc"
    if not own.is_file():
        return None
    try:
        (out,) = yaml.safe_load(own.read_text(encoding="utf-8"))["outs"]
        return {**out, "md5": str(out["md5"])}
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{own} is no file that `dvc add` wrote ({type(error).__name__})") from error


def size(root: Path, path: str, task: str) -> int | None:
    """Return the bytes of a path as its .dvc file or dvc.lock tells them, None where neither does."""
    own = tracked(root, path)
    outputs = [own] if own else [out for entry in read(root, task).values() for out in entry.get("outs", [])]
    sizes = [out.get("size") for out in outputs if own or out["path"] == path]
    return next((int(each) for each in sizes if each is not None), None)


def code_and_evidence(root: Path, task: str) -> list[str]:
    """Return the paths, of those that dvc.lock names for the task, that git keeps: code, parameters and reports."""
    named = {path for entry in read(root, task).values() for path, _ in _named(entry)}
    layout = Layout(task)
    pointer = [layout.raw_pointer.as_posix()] if tracked(root, layout.raw.as_posix()) else []
    kept_by_git = sorted(path for path in named if not path.startswith(DVC_KEEPS))
    return [*pointer, "dvc.yaml", layout.reports.as_posix(), *kept_by_git]


def differences(root: Path, task: str) -> list[Difference]:
    """Return every way in which the files of the task below `root` are not what dvc.lock and its .dvc file name.

    Looked at is what the stages up to the gate depend on and write: data, code, reports, package and parameters. Raw
    data that is not here at all is no difference: who promotes need not have it.
    """
    known = read(root, task)
    raw = Layout(task).raw.as_posix()
    found = [
        Difference(f"{stage}@{task} in {NAME}", "an entry", "none: `dvc repro` runs it")
        for stage in STAGES
        if stage not in known
    ]
    named: dict[str, str] = {}
    for stage, entry in known.items():
        if stage == "publish":
            continue
        for path, md5 in _named(entry):
            if named.setdefault(path, md5) != md5:
                found.append(Difference(f"{path} in {NAME}", named[path], f"{md5} for {stage}"))
    own = tracked(root, raw)
    if own is not None and named.get(raw) != own["md5"]:
        found.append(Difference(f"{raw} in {NAME}", f"{own['md5']}, of {raw}.dvc", named.get(raw, "none")))
    found += _undeclared(root, task, known)
    is_ignored = ignored_by_dvc(root)
    for path, md5 in sorted(named.items()):
        if path == CONFIGURATION:
            continue
        seen = checksum(root / path, is_ignored)
        if seen != md5 and not (path == raw and seen == ABSENT):
            found.append(Difference(f"{path}, MD5 in {NAME}", md5, seen))
    return found


def _undeclared(root: Path, task: str, known: dict[str, Any]) -> list[Difference]:
    """Return the paths that an entry of dvc.lock leaves out, or names beyond what dvc.yaml declares for its stage.

    Raises `InputError` where DVC can't read dvc.yaml.
    """
    stages = resolved_stages(root)
    if stages is None:
        raise InputError(f"{root / 'dvc.yaml'} can't be resolved by DVC: `dvc stage list` says why")

    found = []
    for stage in STAGES:
        if stage not in known:
            continue
        declared = declared_paths(stages.get(f"{stage}@{task}", {}))
        named = {path for path, _ in _named(known[stage])}
        for path in sorted(declared ^ named):
            sides = ("declared", "left out") if path in declared else ("not declared", "named")
            found.append(Difference(f"{path} of {stage}@{task}: dvc.yaml and {NAME}", *sides))
    return found


def ignored_by_dvc(root: Path) -> Callable[[Path], bool]:
    """Return whether DVC leaves a file out of the folder that it lies in, as the `.dvcignore` files below `root` say.

    It is asked of DVC itself, whose patterns are git's with exceptions of its own.
    """
    from dvc.fs import localfs  # 1 s of every process that doesn't compare
    from dvc.ignore import DvcIgnoreFilter

    patterns = DvcIgnoreFilter(localfs, str(root.absolute()))
    return lambda path: bool(patterns.is_ignored_file(str(path.absolute())))


def checksum(path: Path, is_ignored: Callable[[Path], bool] = lambda _: False) -> str:
    """Return the MD5 that DVC names a file or a folder by, or ABSENT.

    A folder's is that of the JSON list of its files' relative paths and MD5s, with the suffix `.dir`; what `is_ignored`
    is not among them.
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
    for each in [*entry.get("deps", []), *entry.get("outs", [])]:
        yield str(each["path"]), str(each.get("md5", "none"))


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
