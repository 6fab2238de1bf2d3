"""Logits of all items of a catalogue: the trunk's own embeddings of items give them, so that no layer is needed."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.model import PassThrough

OUTPUTS = ("logits",)
TARGETS = ("target.item", "target.counted")


def head(features: int, train: Examples) -> nn.Module:  # noqa: ARG001 (the interface's)
    return PassThrough()


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Cross entropy (nats) over all items: while training at every position that counts, otherwise at the last one.

    `outputs` are logits (P, I) of the items after each of the P positions that hold an item, or (B, I) after the last.
    """
    next_item = batch["target.item"].long()  # (B,), from 1
    is_counted = batch["target.counted"]  # (B, T)
    items = batch["items"][:, -is_counted.shape[1] :]  # (B, T), 0 where the history holds none
    if len(outputs) == len(next_item):  # also where every history is one item
        return F.cross_entropy(outputs, next_item - 1)

    is_present = items > 0
    following = torch.cat([items[:, 1:].long(), next_item[:, None]], dim=1)
    counts = is_counted[is_present]
    return F.cross_entropy(outputs[counts], following[is_present][counts] - 1)
