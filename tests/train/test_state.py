from pathlib import Path

import pytest
import torch

from hallmark.errors import InputError
from hallmark.train import state


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    assert state.load(tmp_path) is None
    network = torch.nn.Linear(2, 1)
    curves = [{"step": 5.0, "train_loss": 0.25}]
    progress = state.Progress(step=5, best_loss=0.5, best_epoch=1, best_weights=network.state_dict(), curves=curves)
    state.save(tmp_path, progress, network.state_dict(), {"state": {}, "param_groups": []})
    found = state.load(tmp_path)
    assert found is not None
    assert (found[0].step, found[0].best_loss, found[0].curves) == (5, 0.5, curves)
    assert torch.equal(found[1]["weight"], network.weight)
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"half a file")
    with pytest.raises(InputError, match=r"delete it to start anew: .*state\.pt"):
        state.load(tmp_path)


def test_a_finished_training_keeps_its_best_weights_alone(tmp_path: Path) -> None:
    own = tmp_path / "own"
    best = {"weight": torch.ones(200, 200)}
    progress = state.Progress(step=5, best_loss=0.5, best_epoch=1, best_weights=best, seconds=2.5)
    state.save(own, progress, {"weight": torch.zeros(200, 200)}, {"state": {0: torch.zeros(2, 200, 200)}})
    size = (own / "state.pt").stat().st_size

    state.finish(own, hardware={"threads": 2})
    saved = state.load(own)
    assert saved is not None
    assert (saved[0].step, saved[0].seconds, saved[0].hardware) == (5, 2.5, {"threads": 2})
    assert torch.equal(saved[0].best_weights["weight"], best["weight"])
    assert torch.equal(saved[1]["weight"], best["weight"])
    assert (own / "state.pt").stat().st_size < size / 3


def test_of_finished_trainings_the_last_one_stays_and_interrupted_ones_can_go_on(tmp_path: Path) -> None:
    network = torch.nn.Linear(2, 1)
    for name in ("first", "second", "interrupted"):
        progress = state.Progress(step=5, best_weights=network.state_dict())
        state.save(tmp_path / name, progress, network.state_dict(), {})
    state.finish(tmp_path / "first", hardware={})
    state.finish(tmp_path / "second", hardware={})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["interrupted", "second"]


def test_a_state_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is gone from"):
        state.finish(tmp_path, hardware={})
