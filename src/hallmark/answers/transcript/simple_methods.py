"""Simple methods for transcripts: whole ones from memory, by a linear classifier or always the same."""

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError

_PENALTY = 100.0  # of the ridge, on standardised columns
# A whole transcript is given as logits that leave next to nothing to chance, so that no decoder changes it; its
# confidence is told in orders of magnitude of that next to nothing.
_CERTAIN = 40.0
_LEAST = 20.0
_MOST = 32.0


def require_two_transcripts(train: Examples) -> None:
    """Raise `InputError` where all training examples have the same transcript: there is nothing to tell apart."""
    if train.table["label"].nunique() < 2:
        raise InputError(
            f"the training examples have the transcript {train.table['label'].iloc[0]!r} only: nothing to tell apart"
        )


def spell(tokens: np.ndarray, confidence: np.ndarray, letters: int) -> dict[str, np.ndarray]:
    """Return raw outputs that decode to the `tokens` (n, L), 0 beyond their end: each letter, then a blank.

    `confidence` (n,), from 0 to 1, becomes the first letter's logit.
    """
    count = len(tokens)
    length = max(1, tokens.shape[1])  # where no transcript has a letter, a frame without one
    path = np.zeros((count, 2 * length), np.int64)
    path[:, : 2 * tokens.shape[1] : 2] = tokens

    logits = np.zeros((count, 2 * length, 1 + letters), np.float32)
    np.put_along_axis(logits, path[:, :, None], _CERTAIN, axis=2)
    logits[np.arange(count), 0, path[:, 0]] = _LEAST + (_MOST - _LEAST) * np.clip(confidence, 0, 1)
    return {"logits": logits, "frames": np.full(count, 2 * length, np.float32)}


def whole_transcripts(train: Examples, features: Callable[[Examples], np.ndarray]) -> Predict:
    """A ridge regression onto the transcripts of the training split, of which the highest is the answer."""
    names, first, target = np.unique(train.table["label"].to_numpy(str), return_index=True, return_inverse=True)
    tokens, letters = train.arrays["target.tokens"][first], len(train.encoding["alphabet"])
    model = make_pipeline(StandardScaler(), RidgeClassifier(_PENALTY)).fit(features(train), target)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        if not len(examples):
            return spell(tokens[:0], np.empty(0), letters)

        scores = model.decision_function(features(examples))
        if len(names) == 2:  # one column: the second transcript's score against the first's
            scores = np.stack([-scores, scores], axis=1)
        best, second = np.sort(scores, axis=1)[:, :-3:-1].T
        return spell(tokens[scores.argmax(axis=1)], best - second, letters)

    return predict


def most_frequent(train: Examples) -> Predict:
    """Always the same transcript, as sure as it is frequent."""
    _, first, counts = np.unique(train.table["label"].to_numpy(str), return_index=True, return_counts=True)
    chosen = int(counts.argmax())
    tokens, letters = train.arrays["target.tokens"][first[chosen]], len(train.encoding["alphabet"])
    return lambda examples: spell(
        np.tile(tokens, (len(examples), 1)), np.full(len(examples), counts[chosen] / len(train)), letters
    )
