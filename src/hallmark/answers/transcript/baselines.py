"""Baselines for transcripts: whole ones from memory, by a linear classifier or always the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError

Features = Callable[[Examples], np.ndarray]  # examples → (n, F)
_PENALTY = 100.0  # of the ridge, on standardised columns
# A whole transcript is given as logits that leave next to nothing to chance, so that no decoder changes it; its
# confidence is in the orders of magnitude of that next to nothing.
_CERTAIN_LOGIT = 40.0
_LEAST_FIRST_LOGIT = 20.0
_LARGEST_FIRST_LOGIT = 32.0


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
    n_rows, n_tokens = tokens.shape
    n_frames = 2 * max(1, n_tokens)  # where no transcript has a letter, a frame without one
    path = np.zeros((n_rows, n_frames), np.int64)
    path[:, : 2 * n_tokens : 2] = tokens

    logits = np.zeros((n_rows, n_frames, 1 + letters), np.float32)
    np.put_along_axis(logits, path[:, :, None], _CERTAIN_LOGIT, axis=2)
    scale = _LARGEST_FIRST_LOGIT - _LEAST_FIRST_LOGIT
    logits[np.arange(n_rows), 0, path[:, 0]] = _LEAST_FIRST_LOGIT + scale * np.clip(confidence, 0, 1)
    return {"logits": logits, "frames": np.full(n_rows, n_frames, np.float32)}


@dataclass(frozen=True)
class TranscriptClassifier:
    """A ridge regression onto the transcripts of the training split, of which the highest is the answer."""

    classifier: Any
    features: Features
    tokens: np.ndarray  # (transcripts, L), of the classifier's classes
    letters: int  # of the alphabet

    @classmethod
    def fit(cls, train: Examples, features: Features) -> Self:
        texts = train.table["label"].to_numpy(str)
        _, first_rows, targets = np.unique(texts, return_index=True, return_inverse=True)
        classifier = make_pipeline(StandardScaler(), RidgeClassifier(_PENALTY)).fit(features(train), targets)
        tokens = train.arrays["target.tokens"][first_rows]
        return cls(classifier, features, tokens, letters=len(train.encoding["alphabet"]))

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]:
        if not len(examples):
            return spell(self.tokens[:0], np.empty(0), self.letters)

        scores = self.classifier.decision_function(self.features(examples))
        if len(self.tokens) == 2:  # one column: the second transcript's score against the first's
            scores = np.stack([-scores, scores], axis=1)
        best, second = np.sort(scores, axis=1)[:, :-3:-1].T
        return spell(self.tokens[scores.argmax(axis=1)], best - second, self.letters)


@dataclass(frozen=True)
class MostFrequentTranscript:
    """The rule that always gives the same transcript, with its share in training as confidence."""

    tokens: np.ndarray  # (L,)
    share: float
    letters: int  # of the alphabet

    @classmethod
    def fit(cls, train: Examples) -> Self:
        texts = train.table["label"].to_numpy(str)
        _, first_rows, counts = np.unique(texts, return_index=True, return_counts=True)
        most_frequent = int(counts.argmax())
        return cls(
            tokens=train.arrays["target.tokens"][first_rows[most_frequent]],
            share=float(counts[most_frequent] / len(train)),
            letters=len(train.encoding["alphabet"]),
        )

    def __call__(self, examples: Examples) -> dict[str, np.ndarray]:
        tokens = np.tile(self.tokens, (len(examples), 1))
        return spell(tokens, np.full(len(examples), self.share), self.letters)
