"""A decoder-only transformer (Radford et al. 2019) whose embedding also remembers short n-grams."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Trunk
from hallmark.layers.transformer import CausalTransformer
from hallmark.systems.language.config import Network

# Of the n-grams' hash; the products stay below 2**63.
_MODULUS = 2_147_483_647  # a prime
_MULTIPLIER = 1_000_003
_SPREAD = 48_271
_TABLE_SCALE = 0.25  # of the other weights' pace: what was seen once must not weigh as much as what was seen often
_ORDERS = (2, 3)  # tokens of an n-gram that has a row in the memory
_EMBEDDING_DEVIATION = 0.02  # of the initial weights


class NgramMemory(nn.Module):
    """Hash embeddings of the last two and the last three tokens: tokens (B, T) → their sum (B, T, W).

    A perceptron of this size learns what an n-gram model counts only slowly; a row for each bucket of n-grams costs no
    multiplication (Pagnoni et al. 2024, "Byte Latent Transformer"; Huang et al. 2025, "Over-Tokenized Transformer").
    In training, a share `forget` of the rows is hidden: what was seen once is always right when it is seen again in
    the next epoch, and would be leant on too much.
    """

    def __init__(self, rows: int, width: int, forget: float) -> None:
        super().__init__()
        self.rows = rows
        self.forget = forget
        self.tables = nn.ModuleList(nn.Embedding(rows, width) for _ in _ORDERS)
        for table in self.tables:  # an n-gram that training never saw adds nothing
            nn.init.zeros_(table.weight)  # type: ignore[arg-type]

    def forward(self, tokens: Tensor) -> Tensor:
        code = tokens.long()  # of the n-gram that ends at each position
        earlier_token = code
        embeddings: list[Tensor] = []

        for table in self.tables:
            earlier_token = F.pad(earlier_token[:, :-1], (1, 0), value=-1)  # -1: before the window
            code = (code * _MULTIPLIER + earlier_token + 1) % _MODULUS
            row = code * _SPREAD % _MODULUS % self.rows
            embedding = _TABLE_SCALE * table(row)
            if self.training:
                embedding = embedding * F.dropout(torch.ones_like(embedding[..., :1]), self.forget)
            embeddings.append(embedding)
        return embeddings[0] + embeddings[1]


class LanguageModel(Trunk):
    """Next-token log likelihoods and logits, with one weight matrix for embedding and output.

    Tokens (B, T) and how many there are (B,) → the log likelihood of each token given those before it (B, T), 0 where
    there is none to predict, and the logits (B, V) of the token after the last.
    """

    inputs = ("tokens", "length")
    features = 0

    def __init__(self, size: int, context: int, network: Network) -> None:
        super().__init__()
        width = network.width
        self.token = nn.Embedding(size, width)
        self.memory = NgramMemory(network.memory, width, network.forget) if network.memory else None
        self.transformer = CausalTransformer(
            context, width=width, depth=network.depth, heads=network.heads, dropout=network.dropout
        )
        self.bias = nn.Parameter(torch.zeros(size))
        nn.init.normal_(self.token.weight, std=_EMBEDDING_DEVIATION)

    def forward(self, tokens: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        embeddings = self.token(tokens)
        if self.memory is not None:
            embeddings = embeddings + self.memory(tokens)
        states = self.transformer(embeddings)  # padding follows the tokens, so no token sees it

        position = torch.arange(1, tokens.shape[1], device=tokens.device)
        log_probabilities = F.log_softmax(self._logits(states[:, :-1]), dim=2)
        of_next_token = log_probabilities.gather(2, tokens[:, 1:, None].long())[:, :, 0]
        is_predicted = position < length[:, None]
        log_likelihood = F.pad(torch.where(is_predicted, of_next_token, 0.0), (1, 0))

        last_position = (length.long() - 1)[:, None, None].expand(-1, 1, states.shape[2])
        last_states = states.gather(1, last_position)[:, 0]
        return log_likelihood, self._logits(last_states)

    def _logits(self, states: Tensor) -> Tensor:
        return F.linear(states, self.token.weight, self.bias)


def build(train: Examples, network: Network) -> LanguageModel:
    """Return an untrained network for the vocabulary and the windows of the training examples."""
    vocabulary_size = len(train.encoding["vocabulary"])
    context = train.arrays["tokens"].shape[1]
    return LanguageModel(vocabulary_size, context, network)
