"""Simple methods that a network for text has to beat: Kneser-Ney n-grams, and a fixed rule."""

import numpy as np

from hallmark.answers.next_token.scoring import scored_positions
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.systems.language.baselines import kneser_ney

_ORDERS = range(2, 7)  # candidates for the order, the tokens of the longest n-grams
_HELD_OUT_SHARE = 0.1  # of the training documents, by which the order is chosen
_ADDED_COUNT = 0.5  # added to the count of each token in the rule, so that no probability is 0

features = None  # sequences: each answer needs methods of its own


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return the simple methods, fitted on `train`, by name: "Kneser-Ney n-gram" and "rule".

    "rule" gives each token its frequency in `train`, whatever came before. Each method returns what
    the network returns, for windows of T tokens and a vocabulary of V:

    - "log_likelihood", float32 (n, T): of each token given those before it in the window, in nats;
      0 for the first token and in padding.
    - "logits", float32 (n, V): of the token after the last.
    """
    return {"Kneser-Ney n-gram": _fit_kneser_ney(train, seed), "rule": _fit_unigram(train)}


def _fit_kneser_ney(train: Examples, seed: int) -> Predict:
    """Fit n-grams of the best order; their logits are log probabilities."""
    model = _count_ngrams(train, choose_order(train, seed=seed))

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        tokens = np.asarray(examples.arrays["tokens"])
        length = np.asarray(examples.arrays["length"])
        is_token = np.arange(tokens.shape[1]) < length[:, None]

        log_likelihood = model.log_likelihood(tokens) * is_token
        logits = np.log(model.next_probabilities(tokens, length))
        return {
            "log_likelihood": log_likelihood.astype(np.float32),
            "logits": logits.astype(np.float32),
        }

    return predict


def choose_order(train: Examples, *, seed: int) -> int:
    """Return the order of n-grams that gives held-out documents the highest likelihood.

    A tenth of the training documents, drawn by `seed`, is held out of the counts. Orders are tried
    from 2 tokens on, until one is no better than the one before.

    An order is at most one more than the overlap of the windows. Then the context of every scored
    token lies within its window.
    """
    documents = np.array(sorted(set(train.table["entity"])))
    held_out_count = max(1, round(_HELD_OUT_SHARE * len(documents)))
    held_out_documents = np.random.default_rng(seed).permutation(documents)[:held_out_count]
    is_held_out = train.table["entity"].isin(held_out_documents).to_numpy()
    if is_held_out.all():
        return _ORDERS[0]

    counted = train.take(~is_held_out)
    held_out = train.take(is_held_out)
    held_out_tokens = np.asarray(held_out.arrays["tokens"])

    overlap = int(np.max(train.arrays["target.start"]))
    max_order = max(overlap + 1, _ORDERS[0])

    best_order = _ORDERS[0]
    best_likelihood = -np.inf
    for order in _ORDERS:
        if order > max_order:
            break
        model = _count_ngrams(counted, order)
        log_likelihood = model.log_likelihood(held_out_tokens)
        likelihood = log_likelihood[scored_positions(held_out)].sum()
        if likelihood <= best_likelihood:
            break
        best_order = order
        best_likelihood = likelihood
    return best_order


def _count_ngrams(train: Examples, order: int) -> kneser_ney.KneserNey:
    return kneser_ney.fit(
        np.asarray(train.arrays["tokens"]),
        np.asarray(train.arrays["target.start"]),
        np.asarray(train.arrays["length"]),
        size=len(train.encoding["vocabulary"]),
        order=order,
    )


def _fit_unigram(train: Examples) -> Predict:
    """Return the rule: each token is as probable as it is frequent in training."""
    size = len(train.encoding["vocabulary"])
    scored_tokens = np.asarray(train.arrays["tokens"])[scored_positions(train)]
    token_counts = np.bincount(scored_tokens, minlength=size) + _ADDED_COUNT
    log_frequency = np.log(token_counts / token_counts.sum()).astype(np.float32)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        tokens = np.asarray(examples.arrays["tokens"])
        length = np.asarray(examples.arrays["length"])

        position = np.arange(tokens.shape[1])
        is_predicted = (position > 0) & (position < length[:, None])
        return {
            "log_likelihood": np.where(is_predicted, log_frequency[tokens], np.float32(0)),
            "logits": np.tile(log_frequency, (len(tokens), 1)),
        }

    return predict
