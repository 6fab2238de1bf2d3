"""What a network for text has to beat: an interpolated Kneser-Ney n-gram, and how often each token comes."""

import numpy as np

from hallmark.answers.next_token.scoring import scored_positions
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.systems.language.baselines import kneser_ney

_ORDERS = range(2, 7)  # tokens in the longest n-gram
_HELD_OUT_SHARE = 0.1  # of the documents, to choose the order by
_ADDED_COUNT = 0.5  # of each token in the rule, so that no probability is 0


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return "Kneser-Ney n-gram" and "rule", counted on `train`; each gives the network's outputs."""
    return {"Kneser-Ney n-gram": _fit_kneser_ney(train, seed), "rule": _fit_unigram(train)}


def _fit_kneser_ney(train: Examples, seed: int) -> Predict:
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
    """Return the order that gives a tenth of the training documents, left out of the counts, the highest likelihood.

    An order that reaches no better is not worth its n-grams: the search ends there. No order reaches beyond the
    overlap of the windows, so that none misses a token before it.
    """
    documents = np.array(sorted(set(train.table["entity"])))
    held_out_count = max(1, round(_HELD_OUT_SHARE * len(documents)))
    held_out_documents = np.random.default_rng(seed).permutation(documents)[:held_out_count]
    is_held_out = train.table["entity"].isin(held_out_documents).to_numpy()
    if is_held_out.all():
        return _ORDERS[0]

    rest = train.take(~is_held_out)
    held_out = train.take(is_held_out)
    overlap = int(np.max(train.arrays["target.start"]))
    longest = max(overlap + 1, _ORDERS[0])

    best_order = _ORDERS[0]
    best_likelihood = -np.inf
    for order in _ORDERS:
        if order > longest:
            break
        log_likelihood = _count_ngrams(rest, order).log_likelihood(np.asarray(held_out.arrays["tokens"]))
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
    """Return the rule: whatever came before, each token is as probable as it is frequent in training."""
    size = len(train.encoding["vocabulary"])
    counted_tokens = np.asarray(train.arrays["tokens"])[scored_positions(train)]
    token_counts = np.bincount(counted_tokens, minlength=size) + _ADDED_COUNT
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
