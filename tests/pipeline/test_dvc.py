"""What one does every day with DVC, on the image task, small: the commands of docs/packages.md."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from project import Project

from hallmark.contracts import split_metrics
from hallmark.layout import Layout

pytestmark = pytest.mark.pipeline

IMAGE = "conf/task/image.yaml"
LEDGER = ".ledger/image.jsonl"
SEALED = f"{IMAGE}:evaluate.test=false"
PLOTS = {
    "losses",
    "roc",
    "precision_recall",
    "confusion_validation",
    "confusion_test",
    "calibration",
    "groups_accuracy",
}
LOOK = """
from hallmark.tracking import connection
client = connection.connect()
(experiment,) = client.search_experiments(filter_string="name = 'image'")
for run in client.search_runs([experiment.experiment_id]):
    print("run", run.data.tags.get("hallmark.experiment", "-"), run.data.tags.get("hallmark.verdict", "-"), sep=", ")
for version in client.search_model_versions("name = 'image'"):
    print("version", version.version, sep=", ")
print("challenger", client.get_model_version_by_alias("image", "challenger").version, sep=", ")
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The image task alone, trained for an epoch, judged, published, committed and pushed."""
    folder = tmp_path_factory.mktemp("dvc")
    project = Project.copy(folder / "a project")
    image = {"image": {"system": "image"}}
    project.edit("conf/tasks.yaml", tasks=image, bundled=image)
    project.edit(IMAGE, **{"train.epochs": 1, "drift.n_permutations": 60})
    (project.folder / "look.py").write_text(LOOK, encoding="utf-8")
    done(project.run("dvc", "remote", "add", "--default", "storage", str(folder / "remote")))
    (project.folder / ".git/info/exclude").write_text("network.log\n", encoding="utf-8")

    done(project.repro("publish@image"))
    project.commit()
    done(project.run("dvc", "push"))
    return project


def done(process: subprocess.CompletedProcess[str]) -> str:
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
    return process.stdout


def clone(project: Project, folder: Path) -> Project:
    project.git("clone", "--quiet", ".", str(folder))
    return Project(folder)


def seen_in_mlflow(project: Project) -> list[str]:
    """Return the runs with their experiments and verdicts, the versions, and the challenger, a line each."""
    return done(project.run("look")).splitlines()


def test_a_change_reruns_one_stage_by_its_name_and_the_graph_shows_all(trained: Project) -> None:
    graph = done(trained.run("dvc", "dag", "--dot"))
    assert '"train@image" -> "evaluate@image"' in graph.replace("\\", "")

    assert "Running" not in done(trained.repro("train@image"))
    done(trained.run("pipelines.repro", "configure@image", TASK="image", SET="train.epochs=2"))
    out = done(trained.repro("train@image"))
    assert [line for line in out.splitlines() if line.startswith("Running")] == ["Running stage 'train@image':"]

    trained.git("checkout", "--", ".")
    done(trained.run("dvc", "checkout"))
    assert trained.git("status", "--short") == ""


def test_a_sealed_experiment_in_a_temporary_folder_leaves_no_trace_but_its_run(trained: Project) -> None:
    before = seen_in_mlflow(trained)
    ledger = (trained.folder / LEDGER).read_bytes()
    epochs = f"{IMAGE}:train.epochs=3"
    out = done(trained.run("dvc", "exp", "run", "--temp", "-n", "sealed", "-S", SEALED, "-S", epochs, "publish@image"))
    assert "no version of image: not judged: the test split stays sealed (evaluate.test is false)" in out

    assert trained.git("status", "--short") == ""
    assert (trained.folder / LEDGER).read_bytes() == ledger
    added = set(seen_in_mlflow(trained)) - set(before)
    assert added == {"run, sealed, not judged"}

    layout = Layout("image", trained.folder)
    here = split_metrics.read(layout.metrics("validation"), task="image", split="validation")
    differences = json.loads(done(trained.run("dvc", "metrics", "diff", "HEAD", "sealed", "--all", "--json")))
    (values,) = differences.values()  # of the one file of metrics
    assert {name: value["old"] for name, value in values.items()} == {
        f"image.validation.{name}": value for name, value in here.items()
    }
    assert any(value["new"] != value["old"] for value in values.values())
    assert json.loads(trained.git("show", f"{_revision(trained, 'sealed')}:reports/image/evaluate/test.json")) == {
        "image": {"test": {}}
    }

    table = done(trained.run("dvc", "exp", "show", "--only-changed", "--drop", ".*/.*|conf|extensions", "--csv"))
    header = table.splitlines()[0].split(",")
    shown = [name for name in header if name.startswith("image.")]
    assert shown
    assert set(shown) <= {f"image.validation.{name}" for name in here}  # those that differ
    assert {"train.epochs", "evaluate.test"} < set(header)
    assert len(header) < 15


def _revision(project: Project, experiment: str) -> str:
    (revision,) = [
        line.split()[0] for line in project.git("for-each-ref", "refs/exps").splitlines() if line.endswith(experiment)
    ]
    return revision


def test_a_judged_experiment_counts_in_the_workspace_at_once_and_moves_no_alias(trained: Project) -> None:
    before = seen_in_mlflow(trained)
    models = (trained.folder / LEDGER).read_text(encoding="utf-8").splitlines()
    epochs = f"{IMAGE}:train.epochs=2"
    done(trained.run("dvc", "exp", "run", "--temp", "-n", "judged", "-S", epochs, "publish@image"))

    assert trained.git("status", "--short").split() == ["M", LEDGER]
    assert (trained.folder / LEDGER).read_text(encoding="utf-8").splitlines()[:-1] == models
    added = set(seen_in_mlflow(trained)) - set(before)
    assert {line.rpartition(", ")[0] for line in added} == {"run, judged", "version"}

    trained.git("checkout", "--", LEDGER)  # whoever undoes it: the next run writes it again
    done(trained.run("pipelines.repro", "publish@image"))
    assert len((trained.folder / LEDGER).read_text(encoding="utf-8").splitlines()) == len(models) + 1
    trained.commit()


def test_a_queued_experiment_leaves_the_workspace_until_it_is_applied(trained: Project) -> None:
    challenger = seen_in_mlflow(trained)[-1]
    runs_before = set(seen_in_mlflow(trained))
    epochs = f"{IMAGE}:train.epochs=5"
    done(trained.run("dvc", "exp", "run", "--queue", "-n", "queued", "-S", epochs, "publish@image"))
    assert trained.git("status", "--short") == ""
    assert set(seen_in_mlflow(trained)) == runs_before

    done(trained.run("dvc", "queue", "start"))
    try:
        assert _state_in_queue(trained, "queued") == "Success", trained.run("dvc", "queue", "logs", "queued").stdout
    finally:
        done(trained.run("dvc", "queue", "stop"))
    assert trained.git("status", "--short").split() == ["M", LEDGER]
    seen = seen_in_mlflow(trained)
    assert {line.rpartition(", ")[0] for line in set(seen) - runs_before} == {"run, queued", "version"}
    assert seen[-1] == challenger

    models = (trained.folder / LEDGER).read_text(encoding="utf-8").splitlines()
    trained.git("checkout", "--", LEDGER)
    done(trained.run("dvc", "exp", "apply", "queued"))
    assert "\n  epochs: 5\n" in (trained.folder / "params/image.yaml").read_text(encoding="utf-8")
    done(trained.run("pipelines.repro", "publish@image"))
    assert (trained.folder / LEDGER).read_text(encoding="utf-8").splitlines() == models
    assert trained.run("dvc", "status").stdout.startswith("Data and pipelines are up to date")
    assert trained.git("diff", "--name-only", _revision(trained, "queued"), "--", "reports") == ""
    trained.commit()


def _state_in_queue(project: Project, experiment: str) -> str:
    """Return how the queue ended with an experiment: Success or Failed."""
    end = time.monotonic() + 900
    while time.monotonic() < end:
        lines = done(project.run("dvc", "queue", "status")).splitlines()
        (state,) = [line.split()[-1] for line in lines if experiment in line.split()]
        if state in ("Success", "Failed"):
            return state
        time.sleep(2)
    raise TimeoutError


def test_the_page_of_plots_shows_two_states(trained: Project) -> None:
    done(trained.run("dvc", "exp", "run", "-n", "again", "-S", f"{IMAGE}:train.epochs=4", "publish@image"))
    trained.commit()
    shown = json.loads(done(trained.run("dvc", "plots", "diff", "HEAD~1", "HEAD", "--json")))["data"]
    drawn = {name.rpartition("::")[2] for name in shown}
    assert {name for name in drawn if "/" not in name} == PLOTS
    for plots in shown.values():
        assert {revision for plot in plots for revision in plot["revisions"]} == {"HEAD~1", "HEAD"}

    done(trained.run("dvc", "plots", "diff", "HEAD~1", "--targets", "reports/image/dvc.yaml::"))
    page = (trained.folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert "image: ROC curve" in page
    done(trained.run("dvc", "plots", "show"))
    page = (trained.folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert "image: ROC curve" in page
    assert "HEAD~1" not in page
    assert trained.git("status", "--short") == ""

    test = ("--targets", "reports/image/evaluate/test.json")
    assert "image.test.accuracy" in done(trained.run("dvc", "metrics", "diff", "HEAD~1", "HEAD", *test))
    assert "train.epochs" in done(trained.run("dvc", "params", "diff", "HEAD~1"))


def test_the_package_is_an_artifact(trained: Project, tmp_path: Path) -> None:
    trained.git("tag", "--annotate", "image@v0.1.0", "--message", "first")
    where = (str(trained.folder), "image", "--out", str(tmp_path / "got"))
    done(trained.run("dvc", "artifacts", "get", *where))
    untagged = (str(trained.folder), "models/image", "--out", str(tmp_path / "untagged"))
    done(trained.run("dvc", "get", *untagged))
    model = (trained.folder / "models/image/model.onnx").read_bytes()
    assert (tmp_path / "got/model.onnx").read_bytes() == model
    assert (tmp_path / "untagged/model.onnx").read_bytes() == model


def test_a_clone_takes_everything_from_the_remote_and_trains_nothing(trained: Project, tmp_path: Path) -> None:
    done(trained.run("dvc", "push"))
    other = clone(trained, tmp_path / "a clone")
    out = done(other.run("dvc", "repro", "--pull", "publish@image"))
    assert "Running stage" not in out
    assert (other.folder / "models/image/model.onnx").is_file()

    out = done(other.repro("publish@image"))  # MLflow's store of this machine is empty
    assert [line for line in out.splitlines() if line.startswith("Running")] == ["Running stage 'publish@image':"]
    assert "up to date" in done(other.run("dvc", "status"))
    assert other.git("status", "--short") == ""


def test_raw_data_is_added_imported_pushed_and_pulled(trained: Project, tmp_path: Path) -> None:
    raw = trained.folder / "data/raw"
    (raw / "mine").mkdir()
    (raw / "mine/table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    done(trained.run("dvc", "add", "data/raw/mine"))

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "table.csv").write_text("c\n3\n", encoding="utf-8")
    done(trained.run("dvc", "import-url", str(elsewhere), "data/raw/fetched"))

    names = ("mine", "fetched")
    assert set(trained.git("status", "--short", "--untracked-files=all").split()) == {
        "??",
        *(f"data/raw/{name}.dvc" for name in names),
    }
    trained.commit()
    done(trained.run("dvc", "push"))

    other = clone(trained, tmp_path / "a clone")
    pointers = [f"data/raw/{name}.dvc" for name in names]
    done(other.run("dvc", "pull", *pointers))
    assert "up to date" in done(other.run("dvc", "status", *pointers))
    for name in names:
        content = (raw / name / "table.csv").read_bytes()
        assert (other.folder / f"data/raw/{name}/table.csv").read_bytes() == content

    (elsewhere / "table.csv").write_text("c\n4\n", encoding="utf-8")
    done(other.run("dvc", "update", "data/raw/fetched.dvc"))
    assert (other.folder / "data/raw/fetched/table.csv").read_text(encoding="utf-8") == "c\n4\n"


def test_raw_data_of_another_project_is_imported(trained: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "other")
    other.folder.mkdir()
    other.git("init", "--quiet")
    done(other.run("dvc", "init"))
    (other.folder / "set").mkdir()
    (other.folder / "set/table.csv").write_text("a\n1\n", encoding="utf-8")
    done(other.run("dvc", "add", "set"))
    other.git("add", "--all")
    other.git("commit", "--quiet", "--message", "a set")

    done(trained.run("dvc", "import", str(other.folder), "set", "--out", "data/raw/theirs"))
    assert (trained.folder / "data/raw/theirs/table.csv").read_text(encoding="utf-8") == "a\n1\n"
    assert trained.git("status", "--short", "--untracked-files=all").split() == ["??", "data/raw/theirs.dvc"]
    (trained.folder / "data/raw/theirs.dvc").unlink()
    shutil.rmtree(trained.folder / "data/raw/theirs")


def test_collecting_garbage_and_hooks_break_nothing(trained: Project, tmp_path: Path) -> None:
    done(trained.run("dvc", "push"))
    other = clone(trained, tmp_path / "a clone")
    done(other.run("dvc", "pull"))
    done(other.repro("publish@image"))
    done(other.run("dvc", "gc", "--workspace", "--force"))
    assert "up to date" in done(other.run("dvc", "status"))

    done(other.run("dvc", "doctor"))
    done(other.run("dvc", "install"))
    environment = other.environment() | {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost"}
    environment |= {"GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@localhost"}
    (other.folder / "README.md").write_text("changed\n", encoding="utf-8")
    for words in (["commit", "--quiet", "--all", "--message", "by a hook"], ["checkout", "--quiet", "-b", "branch"]):
        hooked = subprocess.run(["git", *words], cwd=other.folder, env=environment, capture_output=True, text=True)
        assert hooked.returncode == 0, hooked.stdout + hooked.stderr
    assert other.git("status", "--short") == ""
    assert "up to date" in done(other.run("dvc", "status"))
