"""Each mistake of a person, made through the command that a person types: one sentence, a status, no traceback."""

import gzip
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import credit
import numpy as np
import pandas as pd
import pytest
from processes import ended, interruptible
from project import Project

pytestmark = pytest.mark.pipeline

CLIENTS = 400
CREDIT = credit.FILE


def said(project: Project, *targets: str, **environment: str) -> str:
    """What a failing `dvc repro` prints, as one line."""
    done = project.repro(*targets, **environment)
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0, output
    assert "Traceback" not in output, output
    return output


def write_idx(folder: Path, kind: str, count: int, *, labels: list[int] | None = None) -> None:
    pixels = np.random.default_rng(len(kind)).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    classes = np.array(labels or [k % 10 for k in range(count)], np.uint8)
    images = struct.pack(">IIII", 2051, count, 28, 28) + pixels.tobytes()
    (folder / f"{kind}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
    (folder / f"{kind}-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(struct.pack(">II", 2049, count) + classes.tobytes())
    )


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with two tasks of one's own, configured once: what their tests change is in their raw folders alone."""
    project = Project.copy(tmp_path_factory.mktemp("readers") / "a fresh copy")
    for task, system in (("credit", "table"), ("fashion", "image")):
        example = project.folder / "docs/examples" / f"{task}.yaml"
        (project.folder / "conf/task" / f"{task}.yaml").write_bytes(example.read_bytes())
        project.edit("conf/tasks.yaml", **{f"tasks.{task}": {"system": system}})
    done = project.repro("configure@credit", "configure@fashion")
    assert done.returncode == 0, done.stderr
    return project


def raw_folder(project: Project, task: str) -> Path:
    """An empty raw folder of the task."""
    raw = project.folder / "data/raw" / task
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir(parents=True)
    return raw


def test_a_missing_raw_folder(readers: Project) -> None:
    raw_folder(readers, "fashion").rmdir()
    assert "data/raw/fashion" in said(readers, "prepare@fashion")


def test_a_truncated_idx_file(readers: Project) -> None:
    raw = raw_folder(readers, "fashion")
    write_idx(raw, "train", 200)
    write_idx(raw, "t10k", 100)
    whole = gzip.decompress((raw / "train-images-idx3-ubyte.gz").read_bytes())
    (raw / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(whole[:5000]))
    output = said(readers, "prepare@fashion")
    assert "train-images-idx3-ubyte.gz" in output
    assert "declares 156800 bytes, and 4984 follow" in output


def test_an_idx_label_never_seen_before(readers: Project) -> None:
    raw = raw_folder(readers, "fashion")
    write_idx(raw, "train", 200)
    write_idx(raw, "t10k", 100, labels=[11] * 100)
    assert "11" in said(readers, "prepare@fashion")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda table: table.drop(columns="default payment next month"), [CREDIT, "default payment next month"]),
        (lambda table: table.replace({"default payment next month": {1: 7}}), ["default payment next month", "7"]),
        (
            lambda table: table.assign(BILL_AMT1=table["BILL_AMT1"].where(table.index != 41)),
            ["BILL_AMT1", "row 42", "empty"],
        ),
        (
            lambda table: table.assign(PAY_AMT1=table["PAY_AMT1"].astype(object).where(table.index != 5, "x")),
            ["PAY_AMT1", "x"],
        ),
        (lambda table: table.iloc[:0], [CREDIT, "no row"]),
        (lambda table: pd.concat([table, table.iloc[[3]]]), ["ID", "4"]),
    ],
    ids=["no label column", "unseen label", "NaN", "text in a number", "no rows", "an id twice"],
)
def test_a_bad_table(readers: Project, spoil: Callable[[pd.DataFrame], pd.DataFrame], words: list[str]) -> None:
    spoil(credit.clients(CLIENTS)).to_csv(raw_folder(readers, "credit") / CREDIT, index=False)
    output = said(readers, "prepare@credit")
    assert [word for word in words if word not in output] == [], output


def test_an_empty_file(readers: Project) -> None:
    (raw_folder(readers, "credit") / CREDIT).touch()
    assert f"{CREDIT} is empty" in said(readers, "prepare@credit")


def test_an_entity_in_two_splits_stops_before_training(project: Project) -> None:
    """Published splits are kept as they are; that two of them share a writer is for validation to find, and to show."""
    assert project.repro("raw@image").returncode == 0

    table = project.folder / "data/raw/image/metadata.csv"
    rows = pd.read_csv(table)
    rows["split"] = np.where(np.arange(len(rows)) % 2, "train", "test")
    table.write_text(rows.to_csv(index=False), encoding="utf-8")
    project.edit("conf/tasks.yaml", bundled={"fraud": {"system": "table"}})
    project.edit(
        "conf/task/image.yaml",
        **{
            "prepare.reading.columns.split": "split",
            "prepare.split": {
                "method": "published",
                "fractions": {"train": 0.8, "validation": 0.2, "test": 0, "recent": 0},
            },
        },
    )
    output = said(project, "publish@image")
    assert "two splits" in output
    assert "train@image" not in output
    assert runs(project) == ["FAILED"]
    assert (project.folder / "reports/image/validate/findings.json").is_file()
    assert list((project.folder / "reports/image/validate").rglob("*.html"))


def runs(project: Project) -> list[str]:
    code = (
        "import mlflow; mlflow.set_tracking_uri('sqlite:///mlflow.db');"
        "print(*mlflow.search_runs(search_all_experiments=True)['status'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project.folder, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_wrong_key_in_conf(project: Project) -> None:
    project.edit("conf/train/default.yaml", epoch=3)
    output = said(project, "configure@image")
    assert "unknown key train.epoch in conf/" in output
    assert "did you mean epochs?" in output


def test_an_unreachable_tracking_server(project: Project) -> None:
    assert project.repro("validate@image").returncode == 0
    started = time.monotonic()
    output = said(project, "train@image", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in output
    assert (
        time.monotonic() - started < 200
    )  # the way to it is some seconds, and a busy machine several times that; MLflow alone takes longer
    assert (project.folder / "data/prepared/image/examples.parquet").is_file()


LEFT_OVER = {
    "RANK": "1",
    "LOCAL_RANK": "1",
    "WORLD_SIZE": "4",
    "MASTER_ADDR": "192.0.2.1",
    "MASTER_PORT": "9",
    "TORCHELASTIC_RUN_ID": "none",
    "SLURM_JOB_ID": "1",
    "SLURM_JOB_NAME": "train",
    "SLURM_NTASKS": "4",
    "SLURM_NODELIST": "localhost",
    "SLURM_PROCID": "1",
}


def test_what_another_launcher_left_over_costs_nothing(project: Project) -> None:
    """Of an allocation, and of a training that was started by hand. DVC has removed the former model by then."""
    project.edit("conf/task/image.yaml", **{"train.epochs": 1})
    done = project.repro("train@image", **LEFT_OVER)
    assert done.returncode == 0, done.stderr
    assert (project.folder / "models/image/model.onnx").is_file()
    no_number = project.run("pipelines.train", "nothing", RANK="abc")
    assert "train@nothing: the composed configuration is missing" in no_number.stderr


def test_an_interrupted_run_goes_on(project: Project) -> None:
    project.edit("conf/task/image.yaml", **{"train.epochs": 150, "train.patience": 150, "train.checkpoint_steps": 8})
    assert project.repro("validate@image").returncode == 0

    command = [sys.executable, "-m", "dvc", "repro", "train@image"]
    with (project.folder / "interrupted.log").open("w") as log:
        running = subprocess.Popen(
            command,
            cwd=project.folder,
            env=project.environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=interruptible,
        )

    states = project.folder / ".state/image"
    with ended(running):
        while running.poll() is None and not list(states.rglob("state.pt")):
            time.sleep(0.2)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does on Ctrl-C: to DVC and to the stage
        assert running.wait(600) != 0

    output = (project.folder / "interrupted.log").read_text()
    assert "Traceback" not in output, output

    resumed = project.repro("train@image")
    assert resumed.returncode == 0, resumed.stderr
    assert "going on from step" in resumed.stdout + resumed.stderr
    assert (project.folder / "models/image/model.onnx").is_file()
