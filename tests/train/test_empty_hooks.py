from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as lightning
import small_training
import torch
from pytorch_lightning.callbacks import LambdaCallback

from hallmark.train import empty_hooks

STEPS = 6 * 21  # epochs, batches


class Listener(lightning.Callback):
    """Counts the calls of the hooks of a step."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}

    def count(self, name: str) -> None:
        self.calls[name] = self.calls.get(name, 0) + 1

    def on_before_backward(self, *_: Any) -> None:
        self.count("on_before_backward")

    def on_after_backward(self, *_: Any) -> None:
        self.count("on_after_backward")

    def on_before_optimizer_step(self, *_: Any) -> None:
        self.count("on_before_optimizer_step")


@pytest.mark.parametrize("pack", [1, 8])
def test_a_callbacks_own_hooks_are_called_once_for_each_step(tmp_path: Path, pack: int) -> None:
    listener = Listener()
    small_training.run(tmp_path, pack=pack, patience=9, callbacks=(lambda: listener,))
    assert listener.calls == {
        "on_before_backward": STEPS,
        "on_after_backward": STEPS,
        "on_before_optimizer_step": STEPS,
    }


def test_a_hook_that_a_callback_was_given_is_called(tmp_path: Path) -> None:
    calls: list[int] = []
    callback = LambdaCallback(on_before_optimizer_step=lambda *_: calls.append(1))
    small_training.run(tmp_path, pack=8, patience=9, callbacks=(lambda: callback,))
    assert len(calls) == STEPS


class Look(lightning.Callback):
    """Has no hook of a step."""

    def on_train_start(self, _: lightning.Trainer, pl_module: Any) -> None:
        self.is_silent = pl_module.is_silent


def test_a_step_is_pytorchs_alone_where_nobody_listens(tmp_path: Path) -> None:
    look = Look()
    small_training.run(tmp_path / "without", pack=8, epochs=1, callbacks=(lambda: look,))
    assert look.is_silent
    small_training.run(tmp_path / "with", pack=8, epochs=1, callbacks=(lambda: look, Listener))
    assert not look.is_silent
    small_training.run(
        tmp_path / "bf16", pack=8, epochs=1, callbacks=(lambda: look,), trainer={"precision": "bf16-mixed"}
    )
    assert not look.is_silent


def test_weights_are_the_same_with_a_listener_and_without(tmp_path: Path) -> None:
    without = small_training.run(tmp_path / "without", pack=8)
    with_listener = small_training.run(tmp_path / "with", pack=8, callbacks=(Listener,))
    for name, tensor in without.network.state_dict().items():
        assert torch.equal(tensor, with_listener.network.state_dict()[name])


def test_inherited_hooks_alone_are_left_out() -> None:
    listener = Listener()
    module = lightning.LightningModule()
    empty_hooks.leave_out([listener], module)
    assert not callable(listener.on_train_batch_end)
    assert not callable(module.on_before_optimizer_step)
    assert callable(listener.on_after_backward)
    assert callable(listener.on_train_epoch_end)
