"""What a network for speech has to beat: recognition by a hidden Markov model, and whole phrases from memory."""

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


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:  # noqa: ARG001 (nothing here is drawn)
    """Return the simple methods, fitted on `train`; each gives {"logits": (n, T, 1 + letters), "frames": (n,)}.

    - "hidden Markov model" puts transcripts together of the words that it was trained on.
    - "linear on MFCC" picks one of the transcripts that it was trained on.
    - "descriptors" does likewise, by the descriptors alone.
    - "rule" always gives the most frequent transcript.

    Raises `InputError` where all transcripts are the same.
    """
    require_two_transcripts(train)
    return {
        "hidden Markov model": _fit_hmm(train),
        "linear on MFCC": TranscriptClassifier.fit(train, _mfcc_features),
        "rule": MostFrequentTranscript.fit(train),
        "descriptors": TranscriptClassifier.fit(train, _descriptor_features),
    }


def _fit_hmm(train: Examples) -> Predict:
    recognise = hmm.fit(train)
    alphabet = train.encoding["alphabet"]

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        texts, log_likelihoods = recognise(examples)
        letters, _ = tokens(np.array(texts, object), alphabet)
        return spell(letters, np.exp(log_likelihoods), len(alphabet))

    return predict


def _mfcc_features(examples: Examples) -> np.ndarray:
    """Return the coefficients of a fixed number of frames of each recording as one row (n, F)."""
    return resample_frames(*compute_mfcc(examples)).reshape(len(examples), -1)


def _descriptor_features(examples: Examples) -> np.ndarray:
    values = examples.table[examples.descriptors].to_numpy(float)
    return np.concatenate([values, values**2], axis=1)
