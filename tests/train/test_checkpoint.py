from pathlib import Path

import pytest
import torch
from known import known

from hallmark.errors import InputError
from hallmark.train import checkpoint
from hallmark.train.checkpoint import Checkpoint, Progress


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path) is None

    network = torch.nn.Linear(2, 1)
    curves = [{"step": 5.0, "train_loss": 0.25}]
    progress = Progress(step=5, best_loss=0.5, best_epoch=1, best_weights=network.state_dict(), curves=curves)
    optimizer: dict[str, object] = {"state": {}, "param_groups": []}
    checkpoint.save(tmp_path, Checkpoint(progress, network.state_dict(), optimizer))

    loaded = known(checkpoint.load(tmp_path))
    assert (loaded.progress.step, loaded.progress.best_loss, loaded.progress.curves) == (5, 0.5, curves)
    assert torch.equal(loaded.network["weight"], network.weight)
    assert loaded.optimizer == optimizer
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"half a file")
    with pytest.raises(InputError, match=r"delete it to start anew: .*state\.pt"):
        checkpoint.load(tmp_path)


def test_a_finished_training_keeps_its_best_weights_alone(tmp_path: Path) -> None:
    own = tmp_path / "own"
    best = {"weight": torch.ones(200, 200)}
    progress = Progress(step=5, best_loss=0.5, best_epoch=1, best_weights=best, seconds=2.5)
    optimizer = {"state": {0: torch.zeros(2, 200, 200)}}
    checkpoint.save(own, Checkpoint(progress, {"weight": torch.zeros(200, 200)}, optimizer))
    size = (own / "state.pt").stat().st_size

    checkpoint.mark_finished(own, hardware={"threads": 2})
    reduced = known(checkpoint.load(own))
    assert (reduced.progress.step, reduced.progress.seconds, reduced.progress.hardware) == (5, 2.5, {"threads": 2})
    assert torch.equal(reduced.progress.best_weights["weight"], best["weight"])
    assert torch.equal(reduced.network["weight"], best["weight"])
    assert reduced.optimizer == {}
    assert (own / "state.pt").stat().st_size < size / 3


def test_of_finished_trainings_the_last_one_stays_and_interrupted_ones_can_go_on(tmp_path: Path) -> None:
    network = torch.nn.Linear(2, 1)
    for name in ("first", "second", "interrupted"):
        progress = Progress(step=5, best_weights=network.state_dict())
        checkpoint.save(tmp_path / name, Checkpoint(progress, network.state_dict(), {}))
    checkpoint.mark_finished(tmp_path / "first", hardware={})
    checkpoint.mark_finished(tmp_path / "second", hardware={})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["interrupted", "second"]


def test_a_state_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is gone from"):
        checkpoint.mark_finished(tmp_path, hardware={})
