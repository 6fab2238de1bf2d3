"""Hooks of a step that nobody has: Lightning is kept from calling them.

It calls each hook of every callback, about 5 µs each, and of the module, four hooks a step and more each turn of its
loop. With ten callbacks that is 0.3 ms of a step, besides what the threads of a waiting core take to wake up.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytorch_lightning as lightning
from pytorch_lightning.plugins.precision import Precision
from torch import Tensor

_OF_A_TURN = ("on_train_batch_start", "on_train_batch_end")
_OF_A_STEP = ("on_before_zero_grad", "on_before_backward", "on_after_backward", "on_before_optimizer_step")


def leave_out(callbacks: Sequence[lightning.Callback], module: lightning.LightningModule) -> None:
    """Take the hooks of a step from those that only inherit them.

    Lightning passes over a hook that can't be called.
    """
    for listener, base in [(module, lightning.LightningModule), *((each, lightning.Callback) for each in callbacks)]:
        for name in (*_OF_A_TURN, *_OF_A_STEP):
            is_inherited = getattr(type(listener), name) is getattr(base, name)
            if is_inherited and name not in vars(listener):  # where LambdaCallback has its own
                setattr(listener, name, None)


def leave_out_of_steps(trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
    """Have a manual optimisation in 32 bits call no hook of a step, if nobody has one any more."""
    listeners = [module, *trainer.callbacks]  # type: ignore[attr-defined]  # an attribute that Lightning sets
    is_heard = any(callable(getattr(listener, name)) for listener in listeners for name in _OF_A_STEP)
    if not is_heard and type(trainer.precision_plugin) is Precision:
        trainer.strategy.precision_plugin = _SilentPrecision()


class _SilentPrecision(Precision):
    """Lightning's plugin of 32 bits, without its calls of hooks. A manual optimisation clips gradients itself."""

    def pre_backward(self, tensor: Tensor, module: Any) -> Tensor:  # noqa: ARG002
        return tensor

    def post_backward(self, tensor: Tensor, module: Any) -> Tensor:  # noqa: ARG002
        return tensor

    def optimizer_step(  # type: ignore[override]  # as that of Lightning's own plugin
        self,
        optimizer: Any,
        model: Any,  # noqa: ARG002
        closure: Callable[[], Any],
        **kwargs: Any,
    ) -> Any:
        closure()
        return optimizer.step(**kwargs)
