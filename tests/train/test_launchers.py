import os
import subprocess
import sys
from pathlib import Path

import pytest
from imports import ROOT

from hallmark.errors import InputError
from hallmark.train import launchers


@pytest.mark.parametrize("name", ["RANK", "LOCAL_RANK", "SLURM_PROCID", "WORLD_SIZE"])
@pytest.mark.parametrize("value", ["1", "abc", ""])
def test_what_a_shell_has_left_over_makes_no_rank(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert launchers.process_rank() == 0
    launchers.forget_others()
    assert name not in os.environ


@pytest.mark.slow
def test_rank_comes_from_the_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import os; from hallmark.train import launchers;"
        "launchers.forget_others();"
        "print(launchers.process_rank(), os.environ.get('LOCAL_RANK'))"
    )

    def run_program() -> str:
        environment = os.environ | {"LOCAL_RANK": "1"}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        return done.stdout.strip() or done.stderr

    with launchers.mark_launched_processes():
        assert launchers.process_rank() == 0
        assert run_program() == "1 1"
    assert run_program() == "0 None"


def test_torchrun_counts_but_where_dvc_runs_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "none", "RANK": "3", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert launchers.process_rank() == 3
    monkeypatch.setenv("RANK", "abc")
    with pytest.raises(InputError, match="RANK is 'abc'"):
        launchers.process_rank()
    monkeypatch.setenv("DVC_STAGE", "train@image")
    assert launchers.process_rank() == 0


# Stands in for SLURM's own: two tasks on one machine. The second one fails where it is asked to.
SRUN = """#!/bin/sh
[ "$1" = --kill-on-bad-exit=1 ] || exit 99
shift
status=0
for task in 0 1; do
  SLURM_PROCID=$task SLURM_LOCALID=$task SLURM_STEP_ID=0 "$@" || status=$?
done
exit $status
"""


@pytest.mark.slow
def test_a_stage_within_an_allocation_starts_a_task_for_each(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "srun").write_text(SRUN)
    (tmp_path / "srun").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("DVC_STAGE", "train@image")
    program = (
        "import os, sys; from hallmark.train import launchers;"
        "assert launchers.start_tasks([]) is None;"
        "launchers.forget_others();"
        "open(sys.argv[1] + str(launchers.process_rank()), 'w').write(os.environ.get('DVC_STAGE', 'none'));"
        "sys.exit(3 * launchers.process_rank())"
    )
    assert launchers.start_tasks(["-c", program, f"{tmp_path}/rank"]) == 3
    assert [(tmp_path / f"rank{rank}").read_text() for rank in (0, 1)] == ["none", "none"]


def test_a_task_of_ones_own_srun_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALLMARK_LAUNCHER", str(os.getpid()))  # so that it is restored
    monkeypatch.delenv("DVC_STAGE", raising=False)
    for name, value in {"SLURM_STEP_ID": "0", "SLURM_PROCID": "1"}.items():
        monkeypatch.setenv(name, value)
    assert launchers.start_tasks(["-m", "pipelines.train", "image"]) is None
    assert launchers.process_rank() == 1


def test_slurm_outside_of_an_allocation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLURM_JOB_ID", "SLURM_STEP_ID"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="MACHINE=slurm needs an allocation of SLURM"):
        launchers.start_tasks(["-m", "pipelines.train", "image"])


def test_the_script_for_slurm_runs_the_pipeline_of_the_task(tmp_path: Path) -> None:
    """With a stand-in for make, which notes its words and the cores of each of srun's tasks."""
    (tmp_path / "make").write_text('#!/bin/sh\necho "$SRUN_CPUS_PER_TASK $*"\n')
    (tmp_path / "make").chmod(0o755)
    variables = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "SLURM_CPUS_PER_TASK": "8"}
    script = ROOT / "docs/examples/train.sbatch"
    done = subprocess.run(["bash", str(script), "image"], env=os.environ | variables, capture_output=True, text=True)
    assert done.stdout == "8 repro TASK=image MACHINE=slurm\n"
