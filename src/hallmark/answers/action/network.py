"""Two linear layers, to the actions and to the expected error of each, and the Huber loss."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples

OUTPUTS = ("action", "expected_error")
TARGETS = ("target.action",)
_HUBER_BEND = 0.05  # of the action's range: below it the loss is squared, above absolute, as the primary metric is
_INITIAL_BIAS = -3.0  # before the softplus: an expected error of 5 % of the range, to begin with


class ActionHead(nn.Module):
    """States (B, F) → actions (B, A) and the expected error of each (B, A), both as shares of their range.

    The expected error is read off the states without moving them, so that it costs the action nothing.
    """

    def __init__(self, features: int, actions: int) -> None:
        super().__init__()
        self.action = nn.Linear(features, actions)
        self.error = nn.Linear(features, actions)
        nn.init.constant_(self.error.bias, _INITIAL_BIAS)

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor]:
        action = torch.sigmoid(self.action(states))
        expected_error = F.softplus(self.error(states.detach())) + 1e-4
        return action, expected_error


def head(features: int, train: Examples) -> nn.Module:
    """Return the layers for the actions of the training examples."""
    return ActionHead(features, train.arrays["target.action"].shape[1])


def loss(outputs: tuple[Tensor, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Huber loss of the actions plus the squared error of the expected errors, in shares of the range.

    The second part moves nothing that the first depends on.
    """
    action, expected_error = outputs
    target = batch["target.action"]
    error = (action - target).abs().detach()
    return F.smooth_l1_loss(action, target, beta=_HUBER_BEND) + F.mse_loss(expected_error, error)
