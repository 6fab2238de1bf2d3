"""Head of the next item: none, since the trunk's item embeddings give the logits; cross entropy."""

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


def output_shapes(train: Examples) -> dict[str, tuple[int | None, ...]]:
    return {"logits": (len(train.encoding["items"]),)}


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Return the mean cross entropy over all I items, in nats.

    `outputs` are logits: in training (P, I), of the next item at each of the P positions of the
    batch that have an item, of which those in "target.counted" count; in evaluation (B, I), after
    the last position.
    """
    next_item = batch["target.item"].long()  # (B,), numbers from 1
    is_counted = batch["target.counted"]  # (B, T), True where a position counts
    # (B, T), the newest last, 0 where there is none.
    items = batch["items"][:, -is_counted.shape[1] :]
    if len(outputs) == len(next_item):  # the last positions only, or histories of one item each
        return F.cross_entropy(outputs, next_item - 1)

    is_present = items > 0
    following = torch.cat([items[:, 1:].long(), next_item[:, None]], dim=1)
    counts = is_counted[is_present]
    return F.cross_entropy(outputs[counts], following[is_present][counts] - 1)
