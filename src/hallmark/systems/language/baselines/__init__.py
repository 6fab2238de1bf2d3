"""What a network for text has to beat: an interpolated Kneser-Ney n-gram, and how often each token comes."""

import numpy as np

from hallmark.answers.next_token.scoring import counts
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.systems.language.baselines import kneser_ney

_ORDERS = range(2, 7)  # tokens in the longest n-gram
_HELD = 0.1  # of the documents, to choose the order by


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """Return "Kneser-Ney n-gram" and "rule", counted on `train`; each gives the network's outputs."""
    return {"Kneser-Ney n-gram": _kneser_ney(train, seed), "rule": _frequencies(train)}


def _kneser_ney(train: Examples, seed: int) -> Predict:
    model = _counted(train, choose_order(train, seed=seed))

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        tokens, length = np.asarray(examples.arrays["tokens"]), np.asarray(examples.arrays["length"])
        given = model.log_likelihood(tokens) * (np.arange(tokens.shape[1]) < length[:, None])
        following = np.log(model.following(tokens, length))
        return {"log_likelihood": given.astype(np.float32), "logits": following.astype(np.float32)}

    return predict


def choose_order(train: Examples, *, seed: int) -> int:
    """Return the order that gives a tenth of the training documents, left out of the counts, the highest likelihood.

    An order that reaches no better is not worth its n-grams: the search ends there. No order reaches beyond the
    overlap of the windows, so that none misses a token before it.
    """
    documents = np.array(sorted(set(train.table["entity"])))
    held = np.random.default_rng(seed).permutation(documents)[: max(1, round(_HELD * len(documents)))]
    out = train.table["entity"].isin(held).to_numpy()
    if out.all():
        return _ORDERS[0]
    rest, part = train.take(~out), train.take(out)
    overlap = int(np.max(train.arrays["target.start"]))
    best, chosen = -np.inf, _ORDERS[0]
    for order in _ORDERS:
        if order > max(overlap + 1, _ORDERS[0]):
            break
        given = _counted(rest, order).log_likelihood(np.asarray(part.arrays["tokens"]))[counts(part)].sum()
        if given <= best:
            break
        best, chosen = given, order
    return chosen


def _counted(train: Examples, order: int) -> kneser_ney.KneserNey:
    tokens, start, length = (np.asarray(train.arrays[name]) for name in ("tokens", "target.start", "length"))
    return kneser_ney.fit(tokens, start, length, size=len(train.encoding["vocabulary"]), order=order)


def _frequencies(train: Examples) -> Predict:
    """Whatever came before, each token as often as in training; half an occurrence more keeps all above 0."""
    size = len(train.encoding["vocabulary"])
    seen = np.bincount(np.asarray(train.arrays["tokens"])[counts(train)], minlength=size) + 0.5
    frequency = np.log(seen / seen.sum()).astype(np.float32)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        tokens, length = np.asarray(examples.arrays["tokens"]), np.asarray(examples.arrays["length"])
        position = np.arange(tokens.shape[1])
        present = (position > 0) & (position < length[:, None])
        return {
            "log_likelihood": np.where(present, frequency[tokens], np.float32(0)),
            "logits": np.tile(frequency, (len(tokens), 1)),
        }

    return predict
