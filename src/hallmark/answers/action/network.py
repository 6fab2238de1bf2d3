"""Two linear layers, to the actions and to how far off each is expected to be, and the Huber loss."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples

OUTPUTS = ("action", "expected_error")
TARGETS = ("target.action",)
_BEND = 0.05  # of the action's range: below it the loss is squared, above absolute, as the primary metric is
_FIRST_ERROR = -3.0  # before the softplus: an error of 5 % of the range, to begin with


class Actions(nn.Module):
    """States (B, F) → actions (B, A) and how far off each is expected to be (B, A), both as shares of their range.

    The expected error is read off the states without moving them, so that it costs the action nothing.
    """

    def __init__(self, features: int, actions: int) -> None:
        super().__init__()
        self.action = nn.Linear(features, actions)
        self.error = nn.Linear(features, actions)
        nn.init.constant_(self.error.bias, _FIRST_ERROR)

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor]:
        return torch.sigmoid(self.action(states)), F.softplus(self.error(states.detach())) + 1e-4


def head(features: int, train: Examples) -> nn.Module:
    """Return the layers for the actions of the training examples."""
    return Actions(features, train.arrays["target.action"].shape[1])


def loss(outputs: tuple[Tensor, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Huber loss of the actions plus the squared error of the expected errors, in shares of the range.

    The second part moves nothing that the first depends on.
    """
    action, expected = outputs
    error = (action - batch["target.action"]).abs().detach()
    return F.smooth_l1_loss(action, batch["target.action"], beta=_BEND) + F.mse_loss(expected, error)
