"""What a committer can add beside what the stages wrote: links and pages. None is published."""

import subprocess
from pathlib import Path

import pytest
from published_task import Store, judge, project_in, publish_small

from hallmark.errors import InputError
from hallmark.promote import promoting
from hallmark.verify import verifying
from pipelines import challenge, promote


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    store = project_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return store


def champion(store: Store) -> str | None:
    version = promoting.holder(store.client, "small", promoting.CHAMPION)
    return version and str(version.version)


def commit(root: Path) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    (root / ".gitignore").write_text("/mlflow.db\n/mlartifacts/\n/models/\n/data/\n")
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "retrained"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)


@pytest.mark.parametrize("kind", ["link", "page"])
def test_links_and_pages_that_no_stage_wrote_are_refused_on_every_road(store: Store, kind: str) -> None:
    password = "hidden password"
    (store.root / ".dvc").mkdir()
    (store.root / ".dvc/config.local").write_text(password)
    path = store.root / "reports/small/evaluate" / ("figures/notes.txt" if kind == "link" else "review.html")
    path.symlink_to(store.root / ".dvc/config.local") if kind == "link" else path.write_text(password)
    commit(store.root)

    words = r"figures/notes\.txt is a link" if kind == "link" else r"review\.html is no output of a stage"
    for step in (challenge.main, promote.main, lambda _: publish_small(store), lambda _: judge(store.root)):
        with pytest.raises(InputError, match=words):
            step("small")
    scratch = store.root / "scratch"
    scratch.mkdir()
    with pytest.raises(InputError, match=words):
        verifying.verify("small", store.root, scratch, tell=lambda _: None)

    published = [each for each in (store.root / "mlartifacts").rglob("*") if each.is_file()]
    assert [each for each in published if password.encode() in each.read_bytes()] == []
    assert champion(store) is None
