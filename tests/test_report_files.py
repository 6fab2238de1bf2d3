"""What lies below reports/<task>: outputs of stages are evidence, and nothing else is published."""

import hashlib
import json
import os
from pathlib import Path
from typing import Literal

import pytest

from hallmark.errors import InputError
from hallmark.layout import Layout
from hallmark.report_files import evidence_files

WRITTEN = ["evaluate/figures/deep/b.png", "evaluate/findings.json", "evaluate/metrics.json", "gate/signature.json"]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    outs = [{"reports/${key}/evaluate/findings.json": {"cache": False}}, "reports/${key}/evaluate/figures"]
    stage = {"outs": outs, "metrics": [{"reports/${key}/evaluate/metrics.json": {"cache": False}}]}
    other = {"outs": ["reports/${key}/drift/drift.html"]}
    stages = {"evaluate": {"foreach": "${tasks}", "do": stage}, "drift": {"foreach": "${others}", "do": other}}
    (tmp_path / "dvc.yaml").write_text(json.dumps({"stages": stages}))
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/tasks.yaml").write_text(json.dumps({"tasks": {"own": {}}, "others": {"another": {}}}))
    reports = tmp_path / "reports/own"
    for name in WRITTEN:
        put(reports, name)
    return reports


def files_of(reports: Path, *, kept_by: Literal["git", "DVC"] = "DVC") -> list[str]:
    return evidence_files(Layout(reports.name, reports.parents[1]), kept_by=kept_by)


def put(reports: Path, name: str) -> None:
    (reports / name).parent.mkdir(parents=True, exist_ok=True)
    (reports / name).write_text("{}")


def test_what_stages_declare_is_evidence_and_so_is_a_signature(reports: Path) -> None:
    assert files_of(reports) == WRITTEN


@pytest.mark.parametrize(
    "name",
    [
        "evaluate/review.html",
        "review.html",
        "other/findings.json",
        "evaluate/findings.json~",
        "evaluate/Thumbs.db",
        "drift/drift.html",  # of a stage that is not run for this task
        "gate/signature.json.bak",
    ],
)
def test_what_no_stage_declares_is_refused_by_name(reports: Path, name: str) -> None:
    put(reports, name)
    with pytest.raises(InputError, match=rf"reports/own/{name} is no output of a stage; remove them, or declare them"):
        files_of(reports)


def test_a_folder_in_place_of_a_file_hides_nothing(reports: Path) -> None:
    (reports / "evaluate/metrics.json").unlink()
    put(reports, "evaluate/metrics.json/page.html")
    with pytest.raises(InputError, match=r"metrics\.json/page\.html is no output of a stage"):
        files_of(reports)


@pytest.mark.parametrize("name", [".DS_Store", "evaluate/.findings.json.swp", "evaluate/.ipynb_checkpoints/a.html"])
def test_what_is_hidden_is_neither_published_nor_refused(reports: Path, name: str) -> None:
    put(reports, name)
    assert files_of(reports) == WRITTEN


@pytest.mark.parametrize(
    "name", ["evaluate/figures/notes.txt", "evaluate/figures/deep/folder", "evaluate/more", "gate"]
)
def test_a_link_is_refused_wherever_it_leads(reports: Path, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "config.local").write_text("password = hidden")
    if name == "gate":
        (reports / "gate/signature.json").unlink()
        (reports / "gate").rmdir()
    for target in (secret / "config.local", secret, reports / "evaluate/findings.json", tmp_path / "nowhere"):
        (reports / name).symlink_to(target)
        with pytest.raises(InputError, match=rf"reports/own/{name} is a link"):
            files_of(reports)
        (reports / name).unlink()


@pytest.mark.parametrize("name", ["reports", "reports/own"])
def test_a_linked_folder_of_reports_is_refused(reports: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).rename(tmp_path / "elsewhere")
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=f"{name} is a link"):
        files_of(reports)


def test_a_pipe_is_refused(reports: Path) -> None:
    os.mkfifo(reports / "evaluate/figures/pipe")
    with pytest.raises(InputError, match="figures/pipe is no regular file"):
        files_of(reports)


def test_many_faults_are_one_sentence(reports: Path) -> None:
    for number in range(8):
        put(reports, f"extra/{number}.html")
    with pytest.raises(InputError, match=r"reports/own/extra/4\.html is no output of a stage, and 3 more; remove"):
        files_of(reports)


def test_dvc_may_link_what_it_caches_into_its_cache(reports: Path, tmp_path: Path) -> None:
    digest = hashlib.md5(b"drawn", usedforsecurity=False).hexdigest()
    cached = tmp_path / f"cache/files/md5/{digest[:2]}/{digest[2:]}"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"drawn")
    drawn = reports / "evaluate/figures/c.png"
    drawn.symlink_to(cached)
    assert "evaluate/figures/c.png" in files_of(reports)

    cached.write_bytes(b"drawn otherwise")  # its name is no longer its digest
    with pytest.raises(InputError, match=r"figures/c\.png is a link"):
        files_of(reports)

    drawn.unlink()
    cached.write_bytes(b"drawn")
    (reports / "evaluate/findings.json").unlink()
    (reports / "evaluate/findings.json").symlink_to(cached)
    with pytest.raises(InputError, match=r"findings\.json is a link"):  # git keeps it, not DVC
        files_of(reports)


def test_git_keeps_nothing_that_dvc_caches(reports: Path) -> None:
    with pytest.raises(InputError, match=r"figures/deep/b\.png is no output of a stage"):
        files_of(reports, kept_by="git")
    (reports / "evaluate/figures/deep/b.png").unlink()
    assert files_of(reports, kept_by="git") == WRITTEN[1:]


def test_a_stage_that_is_no_template_declares_what_it_names(reports: Path) -> None:
    pipeline = json.loads((reports.parents[1] / "dvc.yaml").read_text())
    pipeline["stages"]["mine"] = {"cmd": "true", "outs": ["reports/own/evaluate/mine.html"]}
    put(reports, "evaluate/mine.html")
    with pytest.raises(InputError, match=r"evaluate/mine\.html is no output of a stage"):
        files_of(reports)
    (reports.parents[1] / "dvc.yaml").write_text(json.dumps(pipeline))
    assert "evaluate/mine.html" in files_of(reports)
