"""A causal transformer over a user's items that ranks all items as the next one (Kang & McAuley 2018, "SASRec").

Two things are otherwise. The loss is the full softmax over all items, not a few sampled ones, which was most of the
distance between SASRec and BERT4Rec (Klenitskiy & Vasilev 2023, "Turning dross into gold loss"). And beside the
transformer, whose embeddings are tied, a direct way leads from the last few items to the next one, with embeddings of
its own on each side (Rendle et al. 2010, "Factorizing personalized Markov chains"): which item tends to follow which is
no symmetric relation, and tied embeddings need far more data to learn it.
"""

import torch
from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Trunk
from hallmark.layers.transformer import CausalTransformer
from hallmark.systems.recommendation.config import Network

MASKED_LOGIT = -60.0  # the logit of an item that the user had: nobody is shown it, at any temperature that fits
_STEPS = 8  # items back, on the direct way


class FactorizedTransitions(nn.Module):
    """What the last items lead to at once: items (B, T) → (B, T, R), at each position a sum over the `_STEPS` last."""

    def __init__(self, count: int, rank: int, dropout: float) -> None:
        super().__init__()
        self.before, self.after = nn.Embedding(count + 1, rank), nn.Embedding(count, rank)
        for side in (self.before, self.after):
            nn.init.normal_(side.weight, std=rank**-0.5)
        self.fading = nn.Parameter(-0.5 * torch.arange(_STEPS))  # log weights
        self.dropout = nn.Dropout(dropout)

    def forward(self, shown: Tensor) -> Tensor:
        place = torch.arange(shown.shape[1], device=shown.device)
        back = place[:, None] - place  # (T, T), how far each position lies behind another
        weights = self.fading.exp()[back.clamp(0, _STEPS - 1)] * ((back >= 0) & (back < _STEPS))
        led: Tensor = self.dropout(weights @ (self.before(shown) * (shown > 0)[..., None]))
        return led


class Recommender(Trunk):
    """Logits (B, I) of the item that follows the last one of `items` (B, M).

    While training, (P, I): of the items that follow each of the last `length` positions that hold an item, in the order
    of rows and positions, P together.
    """

    inputs = ("items",)
    features = 0

    def __init__(
        self, count: int, length: int, *, repeats: bool, width: int, depth: int, heads: int, rank: int, dropout: float
    ) -> None:
        super().__init__()
        self.length, self.repeats = length, repeats
        self.items = nn.Embedding(count + 1, width)
        self.transformer = CausalTransformer(length, width=width, depth=depth, heads=heads, dropout=dropout)
        self.direct = FactorizedTransitions(count, rank, dropout)
        self.popularity = nn.Parameter(torch.zeros(count))
        nn.init.normal_(self.items.weight, std=width**-0.5)

    def forward(self, items: Tensor) -> Tensor:
        items = items.long()
        shown = items[:, -self.length :]
        present = shown > 0
        states, led = self.transformer(self.items(shown), present), self.direct(shown)
        first = self._first(items)
        if self.training:
            user, position = present.nonzero(as_tuple=True)
            states, led = states[user, position], led[user, position]
            had = first[user] <= (position + items.shape[1] - self.length)[:, None]
        else:
            states, led, had = states[:, -1], led[:, -1], first < items.shape[1]
        logits: Tensor = states @ self.items.weight[1:].T + led @ self.direct.after.weight.T + self.popularity
        return logits if self.repeats else logits.masked_fill(had, MASKED_LOGIT)

    def _first(self, items: Tensor) -> Tensor:
        """Return where in `items` (B, M) each item of the catalogue (B, I) stands first; M where it does not."""
        place = torch.arange(items.shape[1], device=items.device).expand_as(items)
        nowhere = torch.full((items.shape[0], len(self.items.weight)), items.shape[1], device=items.device)
        return nowhere.scatter_reduce(1, items, place, "amin")[:, 1:]


def build(train: Examples, network: Network) -> Recommender:
    """Return an untrained network for the catalogue and the lengths of the examples' encoding."""
    said = train.encoding
    return Recommender(
        len(said["items"]),
        said["length"],
        repeats=said["repeats"],
        width=network.width,
        depth=network.depth,
        heads=network.heads,
        rank=network.rank,
        dropout=network.dropout,
    )
