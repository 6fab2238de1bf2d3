"""The stage train on several devices, by the commands that a person types: DVC, torchrun, and SLURM with a stand-in."""

import itertools
import json
import os
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from project import Project

pytestmark = pytest.mark.pipeline

# Stands in for SLURM's own: two tasks of one machine, started together; one that fails ends the step.
SRUN = """#!/usr/bin/env python3
import os, subprocess, sys
assert sys.argv[1] == "--kill-on-bad-exit=1"
tasks = []
for task in ("0", "1"):
    variables = {"SLURM_PROCID": task, "SLURM_LOCALID": task, "SLURM_NODEID": "0", "SLURM_STEP_ID": "0"}
    tasks.append(subprocess.Popen(sys.argv[2:], env=os.environ | variables))
sys.exit(max(task.wait() for task in tasks))
"""
ALLOCATION = {
    "SLURM_JOB_ID": "4711",
    "SLURM_JOB_NAME": "train.sbatch",
    "SLURM_NNODES": "1",
    "SLURM_NTASKS": "2",
    "SLURM_NTASKS_PER_NODE": "2",
    "MASTER_ADDR": "127.0.0.1",
}

TASK = "conf/task/image.yaml"
CHECKPOINT_STEPS = itertools.count(101)

# A person's own callback, which ends the second process of a training once, in the middle.
DEATH = """
import os
import signal
from pathlib import Path

import pytorch_lightning as lightning


class Death(lightning.Callback):
    def __init__(self, mark):
        self.mark = Path(mark)

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_rank == 1 and trainer.global_step >= 16 and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose image task is validated, and has a small training before it."""
    project = Project.copy(tmp_path_factory.mktemp("machines") / "a fresh copy")
    project.edit(TASK, **{"train.epochs": 2, "train.network.width": 4})
    done = project.repro("validate@image")
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(autouse=True)
def untrained(project: Project) -> None:
    """Another training for each test, so that none finds the result of the one before."""
    project.edit(TASK, **{"train.checkpoint_steps": next(CHECKPOINT_STEPS)})
    assert project.repro("validate@image").returncode == 0


def devices(project: Project) -> int:
    cost = json.loads((project.folder / "reports/image/train/cost.json").read_text())
    return int(cost["hardware"]["devices"])


def store_of(project: Project) -> MlflowClient:
    return MlflowClient(f"sqlite:///{project.folder}/mlflow.db")


def runs_of(project: Project) -> dict[str, str]:
    """Return the status of each run of the image task, by id."""
    store = store_of(project)
    experiment = store.get_experiment_by_name("image")
    found = store.search_runs([experiment.experiment_id]) if experiment else []
    return {run.info.run_id: run.info.status for run in found}


@pytest.mark.parametrize("option", ["ddp", "fsdp"])
def test_make_passes_the_machine_to_the_stage(project: Project, option: str) -> None:
    done = project.repro("train@image", MACHINE=f"{option} accelerator=cpu devices=2")
    assert done.returncode == 0, done.stderr
    assert devices(project) == 2
    assert "up to date" in project.repro("train@image").stdout  # another machine trains nothing anew


def test_a_process_that_dies_fails_the_stage_and_the_next_command_goes_on_in_the_same_run(
    project: Project, tmp_path: Path
) -> None:
    own_file = project.folder / "extensions/image/death.py"
    own_file.parent.mkdir(exist_ok=True)
    own_file.write_text(DEATH, encoding="utf-8")
    death = {"_target_": "extensions.image.death.Death", "mark": str(tmp_path / "dead")}
    two_processes = {"MACHINE": "ddp accelerator=cpu devices=2"}
    former_runs = runs_of(project)
    try:
        project.edit(TASK, **{"train.checkpoint_steps": 8, "train.callbacks.death": death})
        failed = project.repro("train@image", **two_processes)
        (run,) = runs_of(project).keys() - former_runs.keys()
        status = runs_of(project)[run]
        done = project.repro("train@image", **two_processes)
    finally:
        project.edit(TASK, **{"train.callbacks.death": None})

    assert failed.returncode != 0
    assert "train@image: another process of this training has ended" in " ".join(failed.stderr.split())
    assert "Traceback" not in failed.stderr
    assert status == "FAILED"

    assert done.returncode == 0, done.stderr
    assert "going on from step" in done.stderr
    assert runs_of(project) == former_runs | {run: "FINISHED"}
    curves = pd.read_csv(project.folder / "reports/image/train/curves.csv", float_precision="round_trip")
    for name in ("train_loss", "validation_loss"):
        expected = curves.dropna(subset=[name])
        history = store_of(project).get_metric_history(run, name)
        assert [point.step for point in history] == expected["step"].tolist()
        assert [point.value for point in history] == expected[name].tolist()


def test_torchrun_trains_and_dvc_takes_the_result_over(project: Project) -> None:
    torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = project.run(*torchrun, "-m", "pipelines.train", "image", MACHINE="auto accelerator=cpu")
    assert done.returncode == 0, done.stderr
    assert devices(project) == 2

    assert project.run("dvc", "commit", "--force", "train@image").returncode == 0
    assert "up to date" in project.repro("train@image").stdout


def test_srun_starts_a_process_for_each_task_of_the_allocation(project: Project, tmp_path: Path) -> None:
    (tmp_path / "srun").write_text(SRUN)
    (tmp_path / "srun").chmod(0o755)
    path = os.pathsep.join([str(tmp_path), project.environment()["PATH"]])
    done = project.repro("train@image", MACHINE="slurm accelerator=cpu", PATH=path, **ALLOCATION)
    assert done.returncode == 0, done.stdout + done.stderr
    assert devices(project) == 2


@pytest.mark.parametrize(
    ("machine", "sentence"),
    [
        ("dpd", "train@image: MACHINE is 'dpd': conf/machine has auto, cpu, ddp, fsdp, gpu, slurm; did you mean ddp?"),
        ("slurm", "train@image: MACHINE=slurm needs an allocation of SLURM"),
        ("ddp accelerator=cpu devices=1", "train@image: the machine's strategy ddp shares a training over devices"),
    ],
)
def test_what_cannot_be_is_a_sentence(project: Project, machine: str, sentence: str) -> None:
    done = project.repro("train@image", MACHINE=machine)
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert sentence in output
    assert "Traceback" not in output
