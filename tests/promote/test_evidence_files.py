"""What a committer can add beside what the stages wrote: code in a package, links and pages. None is published."""

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import mlflow
import pytest
import small_task
from entries import call
from published_task import Store, judge, project_in, publish_small

from hallmark import answers
from hallmark.contracts import package
from hallmark.errors import InputError
from hallmark.promote import promotion
from hallmark.verify import verification
from hallmark.verify.evidence_comparison import EvidenceComparison
from hallmark.verify.workspace import Workspace
from pipelines import challenge, promote

pytestmark = pytest.mark.slow

MARK = "import pathlib\npathlib.Path({!r}).touch()\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    store = project_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return store


def champion(store: Store) -> str | None:
    version = promotion.holder(store.client, "small", promotion.CHAMPION)
    return version and str(version.version)


def replace_answers(root: Path) -> Path:
    """Let the package's code leave a mark where it is run, and write its manifest anew; return the mark's path."""
    folder = root / "models/small"
    mark = root / "mark"
    code = folder / package.ANSWERS
    code.write_text(MARK.format(str(mark)) + code.read_text())
    package.write_manifest(folder, json.loads((folder / package.MANIFEST).read_text()))
    return mark


def commit(root: Path) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    (root / ".gitignore").write_text("/mlflow.db\n/mlartifacts/\n/models/\n/data/\n")
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "retrained"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)


def test_code_that_came_with_a_package_is_neither_published_nor_promoted_nor_verified(store: Store) -> None:
    mark = replace_answers(store.root)
    with pytest.raises(InputError, match=r"answers\.py is not the module hallmark/answers/classes/decoding\.py"):
        judge(store.root)
    for step in (lambda: publish_small(store), lambda: call(promote.main, "small")):
        with pytest.raises(InputError, match=r"answers\.py is not the module"):
            step()

    module = store.root / "src/hallmark/answers/classes/decoding.py"  # of the commit
    module.parent.mkdir(parents=True)
    module.write_bytes(answers.decoding_files()["softmax"].read_bytes())
    workspace = Workspace("small", store.root / "scratch")
    workspace.scratch.mkdir()
    workspace.export.symlink_to(store.root)
    workspace.committed.root.symlink_to(store.root)
    with pytest.raises(InputError, match=r"answers\.py is not the module"):
        verification._compare_committed(workspace, store.verdict(), EvidenceComparison())
    assert not mark.exists()
    assert champion(store) is None


def test_a_champion_of_older_code_is_compared_without_running_it_and_still_loads(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = replace_answers(store.root)
    with monkeypatch.context() as former:
        module = store.root / "former.py"
        module.write_bytes((store.root / "models/small/answers.py").read_bytes())
        former.setattr(answers, "decoding_files", lambda: {"softmax": module})
        judge(store.root)
        publish_small(store)
        assert call(promote.main, "small") == 0
    assert champion(store) == "2"
    mark.unlink()

    small_task.write_package(store.root / "models/small", scale=1.01)
    small_task.write_task(store.root, scale=1.01)
    judge(store.root)
    publish_small(store)
    assert call(promote.main, "small") == 0
    assert champion(store) == "3"
    (entry,) = [each for each in store.client.search_model_versions("name='small'") if str(each.version) == "3"]
    assert entry.tags["hallmark.promoted_outcome"] == "no worse"
    assert not mark.exists()

    mlflow.set_tracking_uri(store.uri)
    assert mlflow.pyfunc.load_model("models:/small@previous_champion") is not None
    assert mark.exists()  # that is the older code, at work where it is served


@pytest.mark.parametrize("kind", ["link", "page"])
def test_links_and_pages_that_no_stage_wrote_are_refused_on_every_road(store: Store, kind: str) -> None:
    password = "hidden password"
    (store.root / ".dvc").mkdir()
    (store.root / ".dvc/config.local").write_text(password)
    path = store.root / "reports/small/evaluate" / ("figures/notes.txt" if kind == "link" else "review.html")
    path.symlink_to(store.root / ".dvc/config.local") if kind == "link" else path.write_text(password)
    commit(store.root)

    words = r"figures/notes\.txt is a link" if kind == "link" else r"review\.html is no output of a stage"
    roads: list[Callable[[], object]] = [
        partial(call, challenge.main, "small"),
        partial(call, promote.main, "small"),
        partial(publish_small, store),
        partial(judge, store.root),
    ]
    for step in roads:
        with pytest.raises(InputError, match=words):
            step()
    scratch = store.root / "scratch"
    scratch.mkdir()
    with pytest.raises(InputError, match=words):
        verification.verify("small", store.root, scratch, tell=lambda _: None)

    published = [each for each in (store.root / "mlartifacts").rglob("*") if each.is_file()]
    assert [each for each in published if password.encode() in each.read_bytes()] == []
    assert champion(store) is None


@pytest.mark.parametrize("name", ["params/small.yaml", "params", "dvc.lock"])
def test_a_commit_whose_parameters_or_lock_are_links_is_not_verified(store: Store, tmp_path: Path, name: str) -> None:
    secret = store.root / ".secret"
    (store.root / name).rename(secret)
    (store.root / name).symlink_to(secret)
    commit(store.root)
    scratch = store.root / "scratch"
    scratch.mkdir()
    with pytest.raises(InputError, match=f"the commit holds {name} as a link"):
        verification.verify("small", store.root, scratch, tell=lambda _: None)
