"""Logits of all items of a catalogue. They come of the trunk's own embeddings of items, so that no layer is needed."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Unchanged

OUTPUTS = ("logits",)
TARGETS = ("target.item", "target.counted")


def head(features: int, train: Examples) -> nn.Module:  # noqa: ARG001 (the interface's)
    return Unchanged()


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Cross entropy over all items, at the positions that count; out of training, at the last one."""
    target, counted = batch["target.item"].long(), batch["target.counted"]
    shown = batch["items"][:, -counted.shape[1] :]
    present = shown > 0
    if len(outputs) == len(target):  # also where every history is one item
        return F.cross_entropy(outputs, target - 1)
    following = torch.cat([shown[:, 1:].long(), target[:, None]], dim=1)
    counts = counted[present]
    return F.cross_entropy(outputs[counts], following[present][counts] - 1)
