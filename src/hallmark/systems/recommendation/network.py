"""A causal transformer over a user's items, which ranks all items as the next one.

It is SASRec (Kang & McAuley 2018), but for two things. The loss is the full softmax over all items
instead of a few sampled ones, which explains most of the difference between SASRec and BERT4Rec
(Klenitskiy & Vasilev 2023, "Turning dross into gold loss"). And factorized transitions from the
last few items to the next one are added (FPMC: Rendle et al. 2010, "Factorizing personalized Markov
chains"): which item follows which is not symmetric, and the transformer's tied embeddings would
need far more data to learn that.

Items are codes: positions in the catalogue plus 1, with 0 as padding in front.
"""

import torch
from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Trunk
from hallmark.layers.transformer import CausalTransformer

MASKED_LOGIT = -60.0  # of an item that the user had: so low that no fitted temperature brings it into a ranking
_STEPS = 8  # how many last items the factorized transitions read


class FactorizedTransitions(nn.Module):
    """FPMC term: items (B, T) → (B, T, R), a weighted sum of the last `_STEPS` embeddings.

    Its product with the embeddings `after` (I, R) are the logits of the item that follows each
    position.
    """

    def __init__(self, count: int, rank: int, dropout: float) -> None:
        super().__init__()
        self.before = nn.Embedding(count + 1, rank)
        self.after = nn.Embedding(count, rank)
        for embedding in (self.before, self.after):
            nn.init.normal_(embedding.weight, std=rank**-0.5)
        self.fading = nn.Parameter(-0.5 * torch.arange(_STEPS))  # log weights, by how far back an item is
        self.dropout = nn.Dropout(dropout)

    def forward(self, items: Tensor) -> Tensor:
        place = torch.arange(items.shape[1], device=items.device)
        steps_back = place[:, None] - place  # (T, T)
        is_near = (steps_back >= 0) & (steps_back < _STEPS)
        weights = self.fading.exp()[steps_back.clamp(0, _STEPS - 1)] * is_near

        embedded = self.before(items) * (items > 0)[..., None]
        transitions: Tensor = self.dropout(weights @ embedded)
        return transitions


class Recommender(Trunk):
    """Logits (B, I) of the item that follows `items` (B, M), codes with padding in front.

    In training, logits (P, I) of the items that follow each of the P positions that hold an item,
    among the last `length` of every row; ordered by row and position. Without `repeats`, items that
    the user already had are masked.
    """

    inputs = ("items",)
    features = 0

    def __init__(self, train: Examples, *, width: int, depth: int, heads: int, rank: int, dropout: float) -> None:
        """The catalogue, the length of histories, and whether items may repeat, are those of `train`."""
        super().__init__()
        count = len(train.encoding["items"])
        length = int(train.encoding["length"])
        self.length = length
        self.repeats = bool(train.encoding["repeats"])
        self.items = nn.Embedding(count + 1, width)
        self.transformer = CausalTransformer(length, width=width, depth=depth, heads=heads, dropout=dropout)
        self.direct = FactorizedTransitions(count, rank, dropout)
        self.popularity = nn.Parameter(torch.zeros(count))
        nn.init.normal_(self.items.weight, std=width**-0.5)

    def forward(self, items: Tensor) -> Tensor:
        items = items.long()
        recent = items[:, -self.length :]
        is_item = recent > 0
        states = self.transformer(self.items(recent), is_item)
        transitions = self.direct(recent)
        first_position = self._first_positions(items)

        if self.training:
            user, position = is_item.nonzero(as_tuple=True)
            states = states[user, position]
            transitions = transitions[user, position]
            already_had = first_position[user] <= (position + items.shape[1] - self.length)[:, None]
        else:
            states = states[:, -1]
            transitions = transitions[:, -1]
            already_had = first_position < items.shape[1]

        logits: Tensor = states @ self.items.weight[1:].T + transitions @ self.direct.after.weight.T + self.popularity
        return logits if self.repeats else logits.masked_fill(already_had, MASKED_LOGIT)

    def _first_positions(self, items: Tensor) -> Tensor:
        """Return each item's first position (B, I) in `items` (B, M), or M if it is absent."""
        place = torch.arange(items.shape[1], device=items.device).expand_as(items)
        nowhere = torch.full((items.shape[0], len(self.items.weight)), items.shape[1], device=items.device)
        return nowhere.scatter_reduce(1, items, place, "amin")[:, 1:]
