"""What a network for speech has to beat: recognition by hidden Markov model, and whole phrases from memory."""

import numpy as np

from hallmark.answers.transcript.simple_methods import (
    most_frequent,
    require_two_transcripts,
    spell,
    whole_transcripts,
)
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.systems.speech.baselines import markov
from hallmark.systems.speech.baselines.mfcc import coefficients, stretched
from hallmark.systems.speech.reading.transcripts import tokens


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:  # noqa: ARG001 (nothing here is drawn)
    """Return the simple methods, fitted on `train`; each gives {"logits": (n, T, 1 + letters), "frames": (n,)}.

    "hidden Markov model" puts transcripts together of the words it was trained on; "linear on MFCC" picks one of the
    transcripts it was trained on, "descriptors" likewise by the descriptors alone, and "rule" always says the most
    frequent one. Raises `InputError` where all transcripts are the same.
    """
    require_two_transcripts(train)
    return {
        "hidden Markov model": _markov(train),
        "linear on MFCC": whole_transcripts(train, _whole),
        "rule": most_frequent(train),
        "descriptors": whole_transcripts(train, _described),
    }


def _markov(train: Examples) -> Predict:
    recognise = markov.fit(train)
    alphabet = train.encoding["alphabet"]

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        texts, log_fits = recognise(examples)
        letters, _ = tokens(np.array(texts, object), alphabet)
        return spell(letters, np.exp(log_fits), len(alphabet))

    return predict


def _whole(examples: Examples) -> np.ndarray:
    """Return the MFCC of each recording at a fixed number of moments, as one row."""
    return stretched(*coefficients(examples)).reshape(len(examples), -1)


def _described(examples: Examples) -> np.ndarray:
    values = examples.table[examples.descriptors].to_numpy(float)
    return np.concatenate([values, values**2], axis=1)
