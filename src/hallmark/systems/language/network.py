"""A decoder-only transformer (Radford et al. 2019) whose embedding also remembers short n-grams."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Trunk
from hallmark.layers.transformer import CausalTransformer
from hallmark.systems.language.config import Network

_PRIME, _STEP, _SPREAD = 2_147_483_647, 1_000_003, 48_271  # of the hash; the products stay below 2**63
_SLOW = 0.25  # of the other weights' pace: what was seen once must not weigh as much as what was seen often
_ORDERS = (2, 3)  # tokens of an n-gram that has a row in the memory


class Memory(nn.Module):
    """What the last two and the last three tokens mean together, from a hashed table (B, T) → (B, T, W).

    A perceptron of this size learns what an n-gram model counts only slowly; a row for each bucket of n-grams costs no
    multiplication (Pagnoni et al. 2024, "Byte Latent Transformer"; Huang et al. 2025, "Over-Tokenized Transformer").
    In training, a share `forget` of the rows is hidden: what was seen once is always right when it is seen again in
    the next epoch, and would be leant on too much.
    """

    def __init__(self, rows: int, width: int, forget: float) -> None:
        super().__init__()
        self.rows, self.forget = rows, forget
        self.tables = nn.ModuleList(nn.Embedding(rows, width) for _ in _ORDERS)
        for table in self.tables:  # an n-gram that training never saw adds nothing
            nn.init.zeros_(table.weight)  # type: ignore[arg-type]

    def forward(self, tokens: Tensor) -> Tensor:
        code = before = tokens.long()
        found: Tensor | None = None
        for table in self.tables:
            before = F.pad(before[:, :-1], (1, 0), value=-1)
            code = (code * _STEP + before + 1) % _PRIME
            row = _SLOW * table(code * _SPREAD % _PRIME % self.rows)
            if self.training:
                row = row * F.dropout(torch.ones_like(row[..., :1]), self.forget)
            found = row if found is None else found + row
        assert found is not None
        return found


class LanguageModel(Trunk):
    """Tokens (B, T) and how many there are (B,) → log likelihood of each token given those before it (B, T), 0 where
    there is none to predict, and logits (B, V) of the token after the last. Embedding and output share their weights.
    """

    inputs = ("tokens", "length")
    features = 0

    def __init__(
        self, size: int, context: int, *, width: int, depth: int, heads: int, dropout: float, memory: int, forget: float
    ) -> None:
        super().__init__()
        self.token = nn.Embedding(size, width)
        self.memory = Memory(memory, width, forget) if memory else None
        self.transformer = CausalTransformer(context, width=width, depth=depth, heads=heads, dropout=dropout)
        self.bias = nn.Parameter(torch.zeros(size))
        nn.init.normal_(self.token.weight, std=0.02)

    def forward(self, tokens: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        signal = self.token(tokens)
        if self.memory is not None:
            signal = signal + self.memory(tokens)
        states = self.transformer(signal)  # padding follows the tokens, so no token sees it
        position = torch.arange(1, tokens.shape[1], device=tokens.device)
        logits = F.linear(states[:, :-1], self.token.weight, self.bias)
        given = F.log_softmax(logits, dim=2).gather(2, tokens[:, 1:, None].long())[:, :, 0]
        log_likelihood = F.pad(torch.where(position < length[:, None], given, 0.0), (1, 0))
        at = (length.long() - 1)[:, None, None].expand(-1, 1, states.shape[2])
        return log_likelihood, F.linear(states.gather(1, at)[:, 0], self.token.weight, self.bias)


def build(train: Examples, network: Network) -> LanguageModel:
    """Return a fresh network for the vocabulary and the windows of the training examples."""
    return LanguageModel(
        len(train.encoding["vocabulary"]),
        train.arrays["tokens"].shape[1],
        width=network.width,
        depth=network.depth,
        heads=network.heads,
        dropout=network.dropout,
        memory=network.memory,
        forget=network.forget,
    )
