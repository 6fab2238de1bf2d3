"""Running again: git sees no difference, and a group that is added trains nothing and is no further model."""

import shutil

import pytest
import yaml
from project import Project

from hallmark import digests
from hallmark.tracking.runs import KEY

pytestmark = pytest.mark.pipeline

SMALL = {"train.epochs": 8, "train.network.width": 16, "drift.n_permutations": 60}
MIDDLE = {"column": "ink", "edges": [0.32], "names": ["thin", "thick"]}

LOOK = f"""
from hallmark.tracking import connection
client = connection.connect()
experiments = [each.experiment_id for each in client.search_experiments()]
for run in client.search_runs(experiments):
    print(run.data.tags["{KEY}"])
"""


@pytest.fixture
def done(project: Project) -> Project:
    """The image task, small, run up to its gate and committed."""
    project.edit("conf/task/image.yaml", **SMALL)
    run = project.repro("gate@image")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    project.commit()
    return project


def test_another_run_changes_nothing_that_git_keeps_but_the_digest_of_the_times(done: Project) -> None:
    shutil.rmtree(done.folder / ".state")  # else the training would be found again
    again = done.repro("--force", "gate@image")
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    assert "Running stage 'train@image'" in again.stdout

    times = {f"reports/image/{stage}/cost.json" for stage in ("train", "evaluate")}
    assert set(done.git("diff", "--name-only").split()) <= {"dvc.lock"}
    before = checksums(done.git("show", "HEAD:dvc.lock"))
    after = checksums((done.folder / "dvc.lock").read_text(encoding="utf-8"))
    assert {path for path in before if before[path] != after[path]} <= times


def checksums(lock: str) -> dict[str, str]:
    """The MD5 of every dependency and output of dvc.lock, by path."""
    stages = yaml.safe_load(lock)["stages"].values()
    return {each["path"]: each["md5"] for stage in stages for each in stage.get("deps", []) + stage["outs"]}


def test_a_band_that_is_added_trains_nothing_and_is_no_further_model(done: Project) -> None:
    (done.folder / "look.py").write_text(LOOK, encoding="utf-8")
    package = digests.folder(done.folder / "models/image")
    cost = done.json("reports/image/train/cost.json")
    ledger = (done.folder / ".ledger/image.jsonl").read_text()
    rows = (done.folder / "reports/image/bias/groups.csv").read_text()

    done.edit("conf/task/image.yaml", **{"prepare.reading.bands.ink": MIDDLE, "bias.groups": ["stroke", "ink"]})
    again = done.repro("gate@image")
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    assert "Running stage 'train@image'" in again.stdout  # its data has changed, as far as DVC can see
    assert (done.folder / "reports/image/bias/groups.csv").read_text() != rows

    assert digests.folder(done.folder / "models/image") == package
    assert done.json("reports/image/train/cost.json") == cost  # no second was spent on training
    assert (done.folder / ".ledger/image.jsonl").read_text() == ledger
    assert len(ledger.splitlines()) == 1
    assert done.run("look").stdout.split() == [done.json("models/image/package.json")["training"]["key"]]
