"""Head of actions: two linear layers, one for the actions and one for their expected errors; Huber loss."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples

OUTPUTS = ("action", "expected_error")
TARGETS = ("target.action",)
# Fraction of an action's range: the loss is squared below, absolute above, as the primary metric.
_HUBER_BEND = 0.05
_INITIAL_BIAS = -3.0  # before the softplus: a first expected error of 5 % of the range


class ActionHead(nn.Module):
    """States (B, F) → actions (B, A) and the expected error of each (B, A), as fractions of their ranges.

    The expected errors have no gradient on the states, so that they don't influence the actions.
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
    """Return the head for states of so many features and the actions of the training examples."""
    return ActionHead(features, train.arrays["target.action"].shape[1])


def output_shapes(train: Examples) -> dict[str, tuple[int | None, ...]]:
    n_actions = train.arrays["target.action"].shape[1]
    return {"action": (n_actions,), "expected_error": (n_actions,)}


def loss(outputs: tuple[Tensor, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Return the mean Huber loss of the actions plus the mean squared error of the expected errors.

    All are fractions of the actions' ranges. The second part has no gradient on what the first
    depends on.
    """
    action, expected_error = outputs
    target = batch["target.action"]
    error = (action - target).abs().detach()
    return F.smooth_l1_loss(action, target, beta=_HUBER_BEND) + F.mse_loss(expected_error, error)
