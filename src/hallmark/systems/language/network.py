"""A decoder-only transformer (Radford et al. 2019) with additional embeddings of short n-grams.

Axes: B windows of a batch, T tokens from the first to the last, W the width of the network, V the
size of the vocabulary. Windows shorter than T are padded at the end.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Trunk
from hallmark.layers.transformer import CausalTransformer

# The hash of an n-gram: (code · multiplier + token) mod a prime, for one token after the other;
# then · spread mod the prime, so that similar n-grams get distant rows. All products stay below
# 2**63.
_MODULUS = 2_147_483_647
_MULTIPLIER = 1_000_003
_SPREAD = 48_271
# Factor of each row. Below 1, the rows learn more slowly than the other weights, so that an n-gram
# that occurs once has less weight than one that occurs often.
_TABLE_SCALE = 0.25
_ORDERS = (2, 3)  # lengths of the n-grams that have embeddings, in tokens
_EMBEDDING_DEVIATION = 0.02  # of the initial token embeddings


class NgramMemory(nn.Module):
    """Hash embeddings of the last two and of the last three tokens at each position.

    Tokens (B, T) → the sum of both embeddings (B, T, W). Each order of n-gram has a table of `rows`
    embeddings, and a hash gives each n-gram its row; n-grams may share one. A small transformer
    learns slowly what an n-gram model counts at once, and a look-up costs no multiplication
    (Pagnoni et al. 2024, "Byte Latent Transformer"; Huang et al. 2025, "Over-Tokenized
    Transformer").

    While training, the embeddings at a share `forget` of the positions, drawn for each table, are
    set to 0. In later epochs an n-gram that occurs once always predicts the next token rightly, and
    the network would rely on it too much.
    """

    def __init__(self, rows: int, width: int, forget: float) -> None:
        super().__init__()
        self.rows = rows
        self.forget = forget
        self.tables = nn.ModuleList(nn.Embedding(rows, width) for _ in _ORDERS)
        for table in self.tables:  # zeros, so that an n-gram that training never meets adds nothing
            nn.init.zeros_(table.weight)  # type: ignore[arg-type]

    def forward(self, tokens: Tensor) -> Tensor:
        code = tokens.long()  # (B, T): the hash of the n-gram that ends at each position
        earlier_token = code
        embeddings: list[Tensor] = []

        # From one table to the next, the n-gram gains one earlier token.
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
    """Log likelihoods of the tokens of a window, and the logits of the next one.

    Tokens (B, T) and their own lengths (B,) → the log likelihood (B, T), in nats, of each token
    given those before it in the window, 0 for the first token and in padding; and the logits (B, V)
    of the token after the last.

    The same weight matrix (V, W) embeds tokens and gives the logits.
    """

    inputs = ("tokens", "length")
    features = 0

    def __init__(
        self,
        train: Examples,
        *,
        width: int,
        depth: int,
        heads: int,
        dropout: float,
        memory: int,
        forget: float,
    ) -> None:
        """`memory` is the number of rows of each table of n-grams, of which `forget` are hidden; 0: no tables.

        The vocabulary and the length of windows are those of `train`.
        """
        super().__init__()
        vocabulary_size = len(train.encoding["vocabulary"])
        context = train.arrays["tokens"].shape[1]
        self.token = nn.Embedding(vocabulary_size, width)
        self.memory = NgramMemory(memory, width, forget) if memory else None
        self.transformer = CausalTransformer(context, width=width, depth=depth, heads=heads, dropout=dropout)
        self.bias = nn.Parameter(torch.zeros(vocabulary_size))
        nn.init.normal_(self.token.weight, std=_EMBEDDING_DEVIATION)

    def forward(self, tokens: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        embeddings = self.token(tokens)
        if self.memory is not None:
            embeddings = embeddings + self.memory(tokens)
        # Attention is causal and padding is at the end, so no token's state depends on padding.
        states = self.transformer(embeddings)

        # The state of each token predicts the next one.
        position = torch.arange(1, tokens.shape[1], device=tokens.device)
        log_probabilities = F.log_softmax(self._logits(states[:, :-1]), dim=2)
        next_tokens = tokens[:, 1:, None].long()
        next_token_log_probability = log_probabilities.gather(2, next_tokens)[:, :, 0]
        is_predicted = position < length[:, None]
        log_likelihood = F.pad(torch.where(is_predicted, next_token_log_probability, 0.0), (1, 0))

        last_position = (length.long() - 1)[:, None, None].expand(-1, 1, states.shape[2])
        last_states = states.gather(1, last_position)[:, 0]
        return log_likelihood, self._logits(last_states)

    def _logits(self, states: Tensor) -> Tensor:
        """Return (…, V) for states (…, W)."""
        return F.linear(states, self.token.weight, self.bias)
