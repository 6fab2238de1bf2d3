import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import small_training
import torch
from processes import interruptible
from safetensors.numpy import load_file

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.train import checkpoint
from hallmark.train.trained_network import TrainedNetwork, train_network

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


def test_learns_and_keeps_the_best_weights(trained: TrainedNetwork) -> None:
    examples = small_training.examples(203, 1)
    with torch.inference_mode():
        logits = trained.network(torch.from_numpy(examples.arrays["x"]))
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(examples.targets()))
    assert float((logits.argmax(1).numpy() == examples.targets()).mean()) > 0.9
    assert float(loss) == pytest.approx(trained.training["validation_loss"], abs=1e-6)

    validation = trained.curves.dropna(subset=["validation_loss"])
    assert validation["validation_loss"].min() == trained.training["validation_loss"]
    assert validation["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert trained.training["steps"] == trained.curves["step"].max() == 6 * 21


def test_a_finished_training_is_found_again_and_takes_no_step(trained: TrainedNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    first = small_training.run(folder)
    hardware = {**first.cost["hardware"], "threads": 99}  # of another machine
    checkpoint.mark_finished(folder, hardware=hardware)

    steps: list[int] = []
    found = small_training.run(folder, sink=lambda step, _: steps.append(step))
    assert steps == []
    assert found.training == first.training == trained.training
    assert found.cost == {**first.cost, "hardware": hardware}
    pd.testing.assert_frame_equal(found.curves, first.curves)
    for name, tensor in found.network.state_dict().items():
        assert torch.equal(tensor, trained.network.state_dict()[name]), name


def test_overfits_one_batch(tmp_path: Path) -> None:
    few = small_training.examples(16, 3)
    config = small_training.config(
        tmp_path,
        plain=True,
        epochs=150,
        patience=150,
        batch_size=16,
        lr=3e-2,
        weight_decay=0.0,
        warmup=0.0,
        checkpoint_steps=10**6,
    )

    fitted = train_network(few, few, build=small_training.build, loss=small_training.loss, config=config)
    assert fitted is not None
    assert fitted.training["validation_loss"] < 0.01


def test_stops_early_and_goes_on_from_the_finished_state(tmp_path: Path) -> None:
    steps: list[int] = []
    first = small_training.run(tmp_path, epochs=40, patience=2, lr=0.3, sink=lambda step, _: steps.append(step))
    assert first.training["epochs_run"] == first.training["best_epoch"] + 2 < 40
    count = len(steps)

    again = small_training.run(tmp_path, epochs=40, patience=2, lr=0.3, sink=lambda step, _: steps.append(step))
    assert len(steps) == count  # nothing was left to do
    assert again.training == first.training
    pd.testing.assert_frame_equal(again.curves, first.curves)


def test_an_interrupted_training_ends_with_the_same_bytes(
    script: Path, trained: TrainedNetwork, tmp_path: Path
) -> None:
    """Ctrl-C within an epoch, SIGKILL at the end of one before its validation, then to the end."""
    state = tmp_path / "state"
    result = tmp_path / "weights"
    with_threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    assert run(script, state, result, 30, int(signal.SIGINT), **with_threads) == 130
    assert run(script, state, result, 63, int(signal.SIGKILL), **with_threads) == -signal.SIGKILL
    assert not result.exists()
    assert run(script, state, result, **with_threads) == 0

    for name, tensor in load_file(result).items():
        np.testing.assert_array_equal(tensor, trained.network.state_dict()[name].numpy(), err_msg=name)
    pd.testing.assert_frame_equal(pd.read_csv(f"{result}.csv", index_col=0), trained.curves)


def test_two_processes_train_the_same_network_as_one(script: Path, tmp_path: Path) -> None:
    """Killed in the middle, and no process is left behind; then to the end."""
    state = tmp_path / "state"
    result = tmp_path / "weights"
    two = {"HALLMARK_DEVICES": "2", "HALLMARK_ACCELERATOR": "cpu"}

    assert run(script, state, result, 40, int(signal.SIGKILL), **two) == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while _alive(state) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(state)

    assert run(script, state, result, **two) == 0
    alone = small_training.run(tmp_path / "alone", plain=True)
    for name, tensor in load_file(result).items():
        np.testing.assert_allclose(tensor, alone.network.state_dict()[name].numpy(), atol=2e-5, err_msg=name)


def _alive(state: Path) -> list[int]:
    found = psutil.process_iter(["cmdline", "status"])
    return [p.pid for p in found if str(state) in (p.info["cmdline"] or []) and p.info["status"] != "zombie"]


def test_a_loss_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the training loss is nan at step"):
        small_training.run(tmp_path, lr=1e30, warmup=0.0)


def test_a_network_that_takes_an_unknown_array_is_refused(tmp_path: Path) -> None:
    class Other(small_training.Plain):
        inputs = ("sound",)

    config = small_training.config(tmp_path, batch_size=10)

    def train(validation: Examples) -> None:
        rows = small_training.examples(20, 0)
        train_network(rows, validation, build=lambda *_: Other(), loss=small_training.loss, config=config)

    with pytest.raises(InputError, match="takes the array 'sound'"):
        train(small_training.examples(20, 1))
    with pytest.raises(InputError, match="the validation split has no examples"):
        train(small_training.examples(0, 1))


class Line(torch.nn.Module):
    inputs = ("x",)
    targets = ("target.y",)

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        predicted: torch.Tensor = self.layer(x)
        return predicted


def test_learns_targets_that_are_no_labels(tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    examples = Examples(pd.DataFrame({"id": range(64)}), {"x": x, "target.y": 3 * x + 1})

    def loss(outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        assert set(batch) == {"x", "target.y"}
        return torch.nn.functional.mse_loss(outputs, batch["target.y"])

    config = small_training.config(
        tmp_path,
        epochs=60,
        patience=60,
        batch_size=16,
        lr=0.1,
        weight_decay=0.0,
        warmup=0.0,
        checkpoint_steps=10**6,
    )

    fitted = train_network(examples, examples, build=lambda *_: Line(), loss=loss, config=config)
    assert fitted is not None
    assert [float(w.detach()) for w in fitted.network.parameters()] == pytest.approx([3.0, 1.0], abs=0.02)
