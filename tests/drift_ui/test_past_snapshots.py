from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from hallmark.drift_ui import past_snapshots
from hallmark.errors import InputError

Commit = Callable[..., str]


def test_each_snapshot_is_of_the_first_commit_that_names_it(commit_snapshot: Commit, tmp_path: Path) -> None:
    first = commit_snapshot("one", day=1)
    commit_snapshot("one", day=2)
    third = commit_snapshot("two", day=3)
    history = past_snapshots.read_history(tmp_path, ["pets", "others"])

    assert [(each.task, each.commit, each.file.read_text()) for each in history.snapshots] == [
        ("pets", first, "one"),
        ("pets", third, "two"),
    ]
    assert history.snapshots[0].made == datetime(2026, 3, 1, 10)  # 12:00 at +02:00
    assert history.n_missing == 0


def test_what_the_cache_lacks_is_counted(commit_snapshot: Commit, tmp_path: Path) -> None:
    commit_snapshot("one", day=1, is_cached=False)
    history = past_snapshots.read_history(tmp_path, ["pets"])
    assert (history.snapshots, history.n_missing) == ([], 1)


def test_a_snapshot_here_counts_until_it_is_committed(commit_snapshot: Commit, tmp_path: Path) -> None:
    commit_snapshot("one", day=1)
    here = tmp_path / "reports/pets/drift/snapshot.json"
    here.parent.mkdir(parents=True)
    here.write_text("two")
    history = past_snapshots.read_history(tmp_path, ["pets"])
    assert [(each.commit == "", each.file) for each in history.snapshots][1:] == [(True, here)]

    commit_snapshot("two", day=2)
    history = past_snapshots.read_history(tmp_path, ["pets"])
    assert [each.commit == "" for each in history.snapshots] == [False, False]


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no DVC project"):
        past_snapshots.read_history(tmp_path, ["pets"])
