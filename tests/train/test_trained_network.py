import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from processes import interruptible
from safetensors.numpy import load_file

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.train import checkpoint
from hallmark.train.trained_network import train_network

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec"),  # Lightning's use of a changed PyTorch
]


def run(script: Path, *arguments: object, **environment: str) -> int:
    """Train in a process of its own, which can be killed, one thread each: the machine may be small."""
    command = [sys.executable, str(script), *map(str, arguments)]
    settings = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    done = subprocess.run(command, env=settings, capture_output=True, timeout=600, preexec_fn=interruptible)
    return done.returncode


def test_learns_and_keeps_the_best_weights(stub: Any, trained: Any) -> None:
    examples = stub.examples(203, 1)
    with torch.inference_mode():
        logits = trained.network(torch.from_numpy(examples.arrays["x"]))
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(examples.targets()))
    assert float((logits.argmax(1).numpy() == examples.targets()).mean()) > 0.9
    assert float(loss) == pytest.approx(trained.training["validation_loss"], abs=1e-6)
    validation = trained.curves.dropna(subset=["validation_loss"])
    assert validation["validation_loss"].min() == trained.training["validation_loss"]
    assert validation["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert trained.training["steps"] == trained.curves["step"].max() == 6 * 21


def test_a_finished_training_is_found_again_and_takes_no_step(stub: Any, trained: Any, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    first = stub.run(folder)
    hardware = {**first.cost["hardware"], "threads": 99}  # of another machine
    checkpoint.mark_finished(folder, hardware=hardware)

    steps: list[int] = []
    found = stub.run(folder, sink=lambda step, _: steps.append(step))
    assert steps == []
    assert found.training == first.training == trained.training
    assert found.cost == {**first.cost, "hardware": hardware}
    pd.testing.assert_frame_equal(found.curves, first.curves)
    for name, tensor in found.network.state_dict().items():
        assert torch.equal(tensor, trained.network.state_dict()[name]), name


def test_overfits_one_batch(stub: Any, tmp_path: Path) -> None:
    few = stub.examples(16, 3)
    settings = {"epochs": 150, "patience": 150, "batch_size": 16, "learning_rate": 3e-2, "weight_decay": 0.0}
    config = stub.config(tmp_path, plain=True, warmup=0.0, checkpoint_steps=10**6, **settings)
    fitted = train_network(few, few, build=stub.build, loss=stub.loss, config=config)
    assert fitted is not None
    assert fitted.training["validation_loss"] < 0.01


def test_stops_early_and_goes_on_from_the_finished_state(stub: Any, tmp_path: Path) -> None:
    steps: list[int] = []
    first = stub.run(tmp_path, epochs=40, patience=2, learning_rate=0.3, sink=lambda step, _: steps.append(step))
    assert first.training["epochs_run"] == first.training["best_epoch"] + 2 < 40
    count = len(steps)
    again = stub.run(tmp_path, epochs=40, patience=2, learning_rate=0.3, sink=lambda step, _: steps.append(step))
    assert len(steps) == count  # nothing was left to do
    assert again.training == first.training
    pd.testing.assert_frame_equal(again.curves, first.curves)


def test_an_interrupted_training_ends_with_the_same_bytes(
    stub: Any, script: Path, trained: Any, tmp_path: Path
) -> None:
    """Ctrl-C within an epoch, SIGKILL at the end of one before its validation, then to the end."""
    state, result = tmp_path / "state", tmp_path / "weights"
    with_threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    assert run(script, state, result, 30, int(signal.SIGINT), **with_threads) == 130
    assert run(script, state, result, 63, int(signal.SIGKILL), **with_threads) == -signal.SIGKILL
    assert not result.exists()
    assert run(script, state, result, **with_threads) == 0
    for name, tensor in load_file(result).items():
        np.testing.assert_array_equal(tensor, trained.network.state_dict()[name].numpy(), err_msg=name)
    pd.testing.assert_frame_equal(pd.read_csv(f"{result}.csv", index_col=0), trained.curves)


def test_two_processes_train_the_same_network_as_one(stub: Any, script: Path, tmp_path: Path) -> None:
    """Killed in the middle, and no process is left behind; then to the end."""
    state, result = tmp_path / "state", tmp_path / "weights"
    two = {"HALLMARK_DEVICES": "2", "HALLMARK_ACCELERATOR": "cpu"}
    assert run(script, state, result, 40, int(signal.SIGKILL), **two) == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while _alive(state) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(state)
    assert run(script, state, result, **two) == 0
    alone = stub.run(tmp_path / "alone", plain=True)
    for name, tensor in load_file(result).items():
        np.testing.assert_allclose(tensor, alone.network.state_dict()[name].numpy(), atol=2e-5, err_msg=name)


def _alive(state: Path) -> list[int]:
    found = psutil.process_iter(["cmdline", "status"])
    return [p.pid for p in found if str(state) in (p.info["cmdline"] or []) and p.info["status"] != "zombie"]


def test_a_loss_that_is_not_finite_is_refused(stub: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the training loss is nan at step"):
        stub.run(tmp_path, learning_rate=1e30, warmup=0.0)


def test_a_network_that_takes_an_unknown_array_is_refused(stub: Any, tmp_path: Path) -> None:
    class Other(stub.Plain):  # type: ignore[misc,name-defined]
        inputs = ("sound",)

    how = {"build": lambda *_: Other(), "loss": stub.loss}
    config = stub.config(tmp_path, batch_size=10)
    with pytest.raises(InputError, match="takes the array 'sound'"):
        train_network(stub.examples(20, 0), stub.examples(20, 1), config=config, **how)
    with pytest.raises(InputError, match="the validation split has no examples"):
        train_network(stub.examples(20, 0), stub.examples(0, 1), config=config, **how)


class Line(torch.nn.Module):
    inputs, targets = ("x",), ("target.y",)

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


def test_learns_targets_that_are_no_labels(stub: Any, tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    examples = Examples(pd.DataFrame({"id": range(64)}), {"x": x, "target.y": 3 * x + 1})

    def loss(outputs: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        assert set(batch) == {"x", "target.y"}
        return torch.nn.functional.mse_loss(outputs, batch["target.y"])

    settings = {"epochs": 60, "patience": 60, "batch_size": 16, "learning_rate": 0.1, "weight_decay": 0.0}
    config = stub.config(tmp_path, warmup=0.0, checkpoint_steps=10**6, **settings)
    fitted = train_network(examples, examples, build=lambda *_: Line(), loss=loss, config=config)
    assert fitted is not None
    assert [float(w.detach()) for w in fitted.network.parameters()] == pytest.approx([3.0, 1.0], abs=0.02)
