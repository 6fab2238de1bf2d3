"""A hidden Markov model: a chain of states for each word, a linear discriminant for what a state sounds like.

Rabiner 1989, "A tutorial on hidden Markov models and selected applications in speech recognition". Unlike the network,
it knows the words and which follows which. It is trained by Viterbi's alignment: the letters of a transcript are spread
evenly at first, then words lie where the model of the last round finds them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from hallmark.contracts.examples import Examples
from hallmark.systems.speech.baselines.mfcc import coefficients
from hallmark.systems.speech.baselines.viterbi import NEVER, Graph, align, decode
from hallmark.systems.speech.reading import transcripts as spelling

_ROUNDS = 5  # of aligning and fitting; more change little
_SKIP = 2  # MFCC frames of 12.5 ms to a step of the model
_REACH = 6  # MFCC frames before and after that a step sees
_EDGE = 0.06  # share of a recording at either end that is silent in the first alignment
_STATE = 2.0  # steps that a state lasts, about
_MOST = 12  # states of a word
_SHRINKAGE = 0.1
_TRUST = 0.2  # weight of what is heard: neighbouring steps see the same frames, and are no independent witnesses
_CHUNK = 128  # recordings decoded at once


@dataclass(frozen=True)
class Steps:
    """What the model reads: features (n, T, F), of which the first `counts` (n,) steps are a recording's own."""

    features: np.ndarray
    counts: np.ndarray

    @property
    def within(self) -> np.ndarray:
        return np.asarray(np.arange(self.features.shape[1]) < self.counts[:, None])


Likelihood = Callable[[Steps], np.ndarray]  # (n, T, states): log P(features | state) up to a constant
Recognised = tuple[list[str], np.ndarray]  # texts, and how well their paths fit: log likelihood a step, at most 0


@dataclass(frozen=True)
class Lexicon:
    """The words, and of each its states, counted from 1; state 0 is silence."""

    words: tuple[str, ...]
    states: tuple[np.ndarray, ...]

    @property
    def size(self) -> int:
        return 1 + sum(len(chain) for chain in self.states)

    def spelled(self, texts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the states of each text, silence around every word, (n, P), and how many there are (n,)."""
        chains = [np.concatenate([[0], *(np.append(self.states[word], 0) for word in text)]) for text in texts]
        sizes = np.array([len(chain) for chain in chains])
        places = np.zeros((len(texts), sizes.max()), int)
        for row, chain in enumerate(chains):
            places[row, : len(chain)] = chain
        return places, sizes


def fit(train: Examples) -> Callable[[Examples], Recognised]:
    """Return a recogniser of the words of `train`, in any order, preferably as they follow each other there.

    It gives texts, and how well their paths fit.
    """
    steps = featurise(train)
    transcripts = [str(text).split() for text in train.table["label"]]
    known = spelling.lexicon(train.table["label"])
    words: list[str] = known["words"]
    joint = " " if " " in train.encoding["alphabet"] else ""

    texts = [[words.index(word) for word in text] for text in transcripts]
    first = _evenly(transcripts, steps.counts)
    lexicon = _lexicon(words, texts, first)
    places, sizes = lexicon.spelled(texts)
    states = _first_states(texts, first, lexicon, steps)
    for _ in range(_ROUNDS):
        likelihood = _discriminant(steps, states, lexicon.size)
        states = align(likelihood(steps), places, sizes, steps.counts)
    likelihood = _discriminant(steps, states, lexicon.size)
    graph = _graph(lexicon, np.array(known["follows"]))

    def recognise(examples: Examples) -> Recognised:
        if not len(examples):
            return [], np.empty(0)

        every = featurise(examples)
        recognised: list[str] = []
        fits = []
        for start in range(0, len(examples), _CHUNK):
            part = Steps(every.features[start : start + _CHUNK], every.counts[start : start + _CHUNK])
            scores = _TRUST * likelihood(part)
            scores -= scores.max(axis=2, keepdims=True)
            best, score = decode(scores, part.counts, graph)
            recognised += [joint.join(words[word] for word in text) for text in best]
            fits.append(score / part.counts)
        return recognised, np.concatenate(fits)

    return recognise


def featurise(examples: Examples) -> Steps:
    """Return the MFCC around each step, side by side."""
    cepstra, frames = coefficients(examples)
    padded = np.pad(cepstra, ((0, 0), (_REACH, _REACH), (0, 0)))
    around = [padded[:, shift : shift + cepstra.shape[1] : _SKIP] for shift in range(2 * _REACH + 1)]
    return Steps(np.concatenate(around, axis=2), -(-frames // _SKIP))


def _evenly(transcripts: list[list[str]], counts: np.ndarray) -> list[np.ndarray]:
    """Return the steps at which each word begins, and where the last ends, if letters share the middle evenly."""
    shares = [np.cumsum([0, *(len(word) for word in text)]) / sum(map(len, text)) for text in transcripts]
    return [
        np.rint(count * (_EDGE + (1 - 2 * _EDGE) * share)).astype(int)
        for share, count in zip(shares, counts, strict=True)
    ]


def _lexicon(words: list[str], texts: list[list[int]], first: list[np.ndarray]) -> Lexicon:
    """Give each word as many states as its mean duration takes."""
    total, times = np.zeros(len(words)), np.zeros(len(words))
    for text, edges in zip(texts, first, strict=True):
        np.add.at(total, text, np.diff(edges))
        np.add.at(times, text, 1)
    sizes = np.clip(np.rint(total / times / _STATE), 2, _MOST).astype(int)
    ends = np.cumsum(sizes)
    return Lexicon(
        tuple(words), tuple(np.arange(1 + end - size, 1 + end) for end, size in zip(ends, sizes, strict=True))
    )


def _first_states(texts: list[list[int]], first: list[np.ndarray], lexicon: Lexicon, steps: Steps) -> np.ndarray:
    states = np.zeros(steps.features.shape[:2], int)
    for row, (text, edges) in enumerate(zip(texts, first, strict=True)):
        for word, start, stop in zip(text, edges[:-1], edges[1:], strict=True):
            chain = lexicon.states[word]
            states[row, start:stop] = chain[np.arange(stop - start) * len(chain) // max(stop - start, 1)]
    return states


def _discriminant(steps: Steps, states: np.ndarray, size: int) -> Likelihood:
    """Fit a Gaussian to each state's features, with one shared covariance that is shrunk towards its diagonal."""
    within = steps.within
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=_SHRINKAGE).fit(steps.features[within], states[within])
    weights, bias = np.zeros((steps.features.shape[2], size)), np.full(size, NEVER)
    weights[:, model.classes_] = np.linalg.solve(model.covariance_, model.means_.T)
    bias[model.classes_] = -0.5 * (model.means_.T * weights[:, model.classes_]).sum(axis=0)
    weights, bias = weights.astype(np.float32), bias.astype(np.float32)
    return lambda seen: seen.features @ weights + bias


def _graph(lexicon: Lexicon, follows: np.ndarray) -> Graph:
    chains = [np.append(chain, 0) for chain in lexicon.states]
    last = np.cumsum([len(chain) for chain in chains])
    first = last - [len(chain) for chain in chains] + 1
    return Graph(np.concatenate([[0], *chains]), first, last, follows)
