"""Simple methods that a network for speech has to beat.

A hidden Markov model recognises sequences of words; the others choose a known transcript.
"""

import numpy as np

from hallmark.answers.transcript.baselines import (
    MostFrequentTranscript,
    TranscriptClassifier,
    require_two_transcripts,
    spell,
)
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.systems.speech.baselines import hmm
from hallmark.systems.speech.baselines.mfcc import compute_mfcc, resample_frames
from hallmark.systems.speech.reading.transcripts import tokens

features = None  # sequences: each answer needs methods of its own


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:  # noqa: ARG001 (nothing here is drawn)
    """Return the simple methods, fitted on `train`, by name.

    - "hidden Markov model" recognises sequences of the words in `train`.
    - "linear on MFCC" chooses one of the transcripts in `train`.
    - "rule" always gives the most frequent transcript of `train`.
    - "descriptors" chooses one of the transcripts in `train`, from the descriptors alone.

    Each returns what the network returns: "logits", float32 (n, T, 1 + letters of the alphabet),
    and "frames", (n,), how many of the T frames are the recording's own. Here the frames only spell
    a transcript: they have no duration.

    Raises `InputError` if all transcripts of `train` are the same.
    """
    require_two_transcripts(train)
    return {
        "hidden Markov model": _fit_hmm(train),
        "linear on MFCC": TranscriptClassifier.fit(train, _mfcc_features),
        "rule": MostFrequentTranscript.fit(train),
        "descriptors": TranscriptClassifier.fit(train, _descriptor_features),
    }


def _fit_hmm(train: Examples) -> Predict:
    """Return the hidden Markov model.

    Its confidence is the geometric mean, over steps, of the probability of its path.
    """
    recognise = hmm.fit(train)
    alphabet = train.encoding["alphabet"]

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        texts, log_likelihoods = recognise(examples)
        letters, _ = tokens(np.array(texts, object), alphabet)
        return spell(letters, np.exp(log_likelihoods), len(alphabet))

    return predict


def _mfcc_features(examples: Examples) -> np.ndarray:
    """Return the MFCC of 20 frames of each recording in one row, (n, 20 · 13)."""
    coefficients, frame_counts = compute_mfcc(examples)
    return resample_frames(coefficients, frame_counts).reshape(len(examples), -1)


def _descriptor_features(examples: Examples) -> np.ndarray:
    """Return the descriptors and their squares, (n, 2 · descriptors)."""
    values = examples.table[examples.descriptors].to_numpy(float)
    return np.concatenate([values, values**2], axis=1)
