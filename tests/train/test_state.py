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
