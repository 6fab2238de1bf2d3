"""What a network for speech has to beat: recognition by hidden Markov model, and whole phrases from memory."""

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.systems.speech.baselines import markov
from hallmark.systems.speech.baselines.mfcc import coefficients, stretched
from hallmark.systems.speech.reading.transcripts import tokens

_PENALTY = 100.0  # of the ridge, on standardised columns
# Whole transcripts are given as logits that leave next to nothing to chance, so that no decoder changes them; how sure
# they are is told in orders of magnitude of that next to nothing.
_CERTAIN, _LEAST, _MOST = 40.0, 20.0, 32.0


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:  # noqa: ARG001 (nothing here is drawn)
    """Return the simple methods, fitted on `train`; each gives {"logits": (n, T, 1 + letters), "frames": (n,)}.

    "hidden Markov model" puts transcripts together of the words it was trained on; "linear on MFCC" picks one of the
    transcripts it was trained on, "descriptors" likewise by the descriptors alone, and "rule" always says the most
    frequent one. Raises `InputError` where all transcripts are the same.
    """
    if train.table["label"].nunique() < 2:
        raise InputError(
            f"the training examples have the transcript {train.table['label'].iloc[0]!r} only: nothing to tell apart"
        )
    return {
        "hidden Markov model": _markov(train),
        "linear on MFCC": _linear(train, _whole),
        "rule": _most_frequent(train),
        "descriptors": _linear(train, _described),
    }


def spell(spelled: np.ndarray, sure: np.ndarray, letters: int) -> dict[str, np.ndarray]:
    """Return raw outputs that decode to the tokens `spelled` (n, L), 0 beyond their end: each letter, then a blank.

    `sure` (n,), from 0 to 1, becomes the first letter's logit.
    """
    count, length = spelled.shape
    path = np.zeros((count, 2 * length), np.int64)
    path[:, ::2] = spelled
    logits = np.zeros((count, 2 * length, 1 + letters), np.float32)
    np.put_along_axis(logits, path[:, :, None], _CERTAIN, axis=2)
    logits[np.arange(count), 0, path[:, 0]] = _LEAST + (_MOST - _LEAST) * np.clip(sure, 0, 1)
    return {"logits": logits, "frames": np.full(count, 2 * length, np.float32)}


def _markov(train: Examples) -> Predict:
    hear, alphabet = markov.fit(train), train.encoding["alphabet"]

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        texts, fits = hear(examples)
        return spell(tokens(np.array(texts, object), alphabet)[0], np.exp(fits), len(alphabet))

    return predict


def _linear(train: Examples, features: Callable[[Examples], np.ndarray]) -> Predict:
    """A ridge regression onto the transcripts of the training split, of which the highest is the answer."""
    names, first, target = np.unique(train.table["label"].to_numpy(str), return_index=True, return_inverse=True)
    spelled, letters = train.arrays["target.tokens"][first], len(train.encoding["alphabet"])
    model = make_pipeline(StandardScaler(), RidgeClassifier(_PENALTY)).fit(features(train), target)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        scores = model.decision_function(features(examples))
        if len(names) == 2:  # one column: the second transcript's score against the first's
            scores = np.stack([-scores, scores], axis=1)
        best, second = np.sort(scores, axis=1)[:, :-3:-1].T
        return spell(spelled[scores.argmax(axis=1)], best - second, letters)

    return predict


def _most_frequent(train: Examples) -> Predict:
    """Always the same transcript, as sure as it is frequent."""
    _, first, counts = np.unique(train.table["label"].to_numpy(str), return_index=True, return_counts=True)
    chosen = int(counts.argmax())
    spelled, letters = train.arrays["target.tokens"][first[chosen]], len(train.encoding["alphabet"])
    return lambda examples: spell(
        np.tile(spelled, (len(examples), 1)), np.full(len(examples), counts[chosen] / len(train)), letters
    )


def _whole(examples: Examples) -> np.ndarray:
    """Return the MFCC of each recording at a fixed number of moments, as one row."""
    return stretched(*coefficients(examples)).reshape(len(examples), -1)


def _described(examples: Examples) -> np.ndarray:
    values = examples.table[examples.descriptors].to_numpy(float)
    return np.concatenate([values, values**2], axis=1)
