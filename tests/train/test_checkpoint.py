from pathlib import Path

import pandas as pd
import pytest
import torch
from known import known

from hallmark.errors import InputError
from hallmark.train import checkpoint
from hallmark.train.checkpoint import AtomicCheckpointIO, Result


def result(*, seconds: float = 2.5) -> Result:
    return Result(
        weights={"weight": torch.ones(2, 2)},
        curves=[{"step": 5.0, "train_loss": 0.25}],
        steps_per_epoch=5,
        training={"steps": 5, "validation_loss": 0.5},
        cost={"seconds": seconds, "hardware": {"threads": 2}},
    )


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    assert checkpoint.load_result(tmp_path) is None
    checkpoint.save_result(tmp_path, result())
    loaded = known(checkpoint.load_result(tmp_path))
    assert (loaded.curves, loaded.training, loaded.cost) == (result().curves, result().training, result().cost)
    assert torch.equal(loaded.weights["weight"], torch.ones(2, 2))
    assert [path.name for path in tmp_path.iterdir()] == ["result.pt"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "result.pt").write_bytes(b"half a file")
    with pytest.raises(InputError, match=r"delete its folder to start anew: .*result\.pt"):
        checkpoint.load_result(tmp_path)


def test_a_file_stays_until_no_checkpoint_can_name_it(tmp_path: Path) -> None:
    files = AtomicCheckpointIO()
    former = tmp_path / "checkpoints" / "epoch=0.ckpt"
    files.save_checkpoint({"epoch": 0}, former)
    files.remove_checkpoint(former)
    assert checkpoint.read(former) == {"epoch": 0}

    files.save_checkpoint({"epoch": 1}, tmp_path / checkpoint.RESUME)
    assert not former.exists()


def test_hyperparameters_are_kept_where_safe_loading_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "some.ckpt"
    content = {"width": 8, "layers": [1, 2], "table": pd.DataFrame(), "nested": {"of": {"a": torch.nn.ReLU()}}}
    AtomicCheckpointIO().save_checkpoint({"hyper_parameters": content}, path)
    assert checkpoint.read(path) == {"hyper_parameters": {"width": 8, "layers": [1, 2]}}


def test_what_was_written_after_the_checkpoint_is_removed(tmp_path: Path) -> None:
    files = AtomicCheckpointIO()
    kept, later = (tmp_path / "checkpoints" / f"epoch={epoch}.ckpt" for epoch in (0, 1))
    for path in (kept, later):
        files.save_checkpoint({}, path)
    state = {"best_k_models": {str(kept): torch.tensor(0.5)}, "best_model_path": str(kept), "last_model_path": ""}
    files.save_checkpoint({"callbacks": {"ModelCheckpoint": state}}, tmp_path / checkpoint.RESUME)

    checkpoint.remove_later_files(tmp_path)
    assert (kept.exists(), later.exists()) == (True, False)
    (tmp_path / checkpoint.RESUME).unlink()
    checkpoint.remove_later_files(tmp_path)
    assert not kept.exists()


def test_of_finished_trainings_the_last_one_stays_and_interrupted_ones_can_go_on(tmp_path: Path) -> None:
    for name in ("first", "second", "interrupted"):
        checkpoint.save_result(tmp_path / name, result())
        (tmp_path / name / checkpoint.RESUME).touch()
    checkpoint.mark_finished(tmp_path / "first")
    checkpoint.mark_finished(tmp_path / "second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["interrupted", "second"]
    assert sorted(path.name for path in (tmp_path / "second").iterdir()) == ["finished", "result.pt"]


def test_a_result_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is gone from"):
        checkpoint.mark_finished(tmp_path)
