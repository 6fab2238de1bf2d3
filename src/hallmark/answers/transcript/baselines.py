"""Baselines for transcripts: one of the training transcripts, by a linear classifier or always the same."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Features
from hallmark.errors import InputError

_PENALTY = 100.0  # of the ridge regression, on standardised columns
# The logits of a transcript make it almost certain, so that no decoder changes it. The first
# letter's logit has the confidence: the path's log-NLL is a linear function of it.
_CERTAIN_LOGIT = 40.0
_LEAST_FIRST_LOGIT = 20.0
_LARGEST_FIRST_LOGIT = 32.0


def require_two_transcripts(train: Examples) -> None:
    """Raise `InputError` where all training examples have the same transcript."""
    if train.table["label"].nunique() < 2:
        raise InputError(
            f"the training examples have the transcript {train.table['label'].iloc[0]!r} only: nothing to tell apart"
        )


def spell(tokens: np.ndarray, confidence: np.ndarray, letters: int) -> dict[str, np.ndarray]:
    """Return outputs "logits" (n, 2L, 1 + letters) and "frames" (n,) that decode to the given letters.

    `tokens` (n, L) are letters, numbered from 1, with 0 after their end; each gets a frame,
    followed by a blank. `confidence` (n,), clipped to 0 … 1, becomes the logit of the first letter.
    """
    n_rows, n_tokens = tokens.shape
    n_frames = 2 * max(1, n_tokens)  # two blank frames where no transcript has a letter
    path = np.zeros((n_rows, n_frames), np.int64)
    path[:, : 2 * n_tokens : 2] = tokens

    logits = np.zeros((n_rows, n_frames, 1 + letters), np.float32)
    np.put_along_axis(logits, path[:, :, None], _CERTAIN_LOGIT, axis=2)
    scale = _LARGEST_FIRST_LOGIT - _LEAST_FIRST_LOGIT
    logits[np.arange(n_rows), 0, path[:, 0]] = _LEAST_FIRST_LOGIT + scale * np.clip(confidence, 0, 1)
    return {"logits": logits, "frames": np.full(n_rows, n_frames, np.float32)}


@dataclass(frozen=True)
class TranscriptClassifier:
    """A scorer of a ridge classifier whose classes are the transcripts of the training split."""

    classifier: Any
    features: Features
    tokens: np.ndarray  # (classes, L), each class's letters from 1, then 0
    letters: int  # size of the alphabet

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
    """A scorer that always returns the most frequent transcript, with its frequency as confidence."""

    tokens: np.ndarray  # (L,), letters from 1, then 0
    share: float  # fraction of the training examples with this transcript
    letters: int  # size of the alphabet

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
