"""Hidden Markov model (HMM): a chain of states for each word, a linear discriminant for what a state sounds like.

Rabiner 1989, "A tutorial on hidden Markov models and selected applications in speech recognition". Unlike the network,
it knows the words and which follows which. Training is Viterbi training: the letters of a transcript are spread evenly
at first; then words lie where the model of the last iteration finds them, and the model is fitted again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from hallmark.contracts.examples import Examples
from hallmark.systems.speech.baselines.mfcc import compute_mfcc
from hallmark.systems.speech.baselines.viterbi import NEVER, SILENCE, WordGraph, align, decode
from hallmark.systems.speech.reading import transcripts as spelling

_ITERATIONS = 5  # of aligning and fitting; more change little
_FRAMES_PER_STEP = 2  # MFCC frames of 12.5 ms to a step of the model
_CONTEXT_FRAMES = 6  # MFCC frames before and after that a step sees
_SILENT_SHARE = 0.06  # of a recording at either end, in the first alignment
_STEPS_PER_STATE = 2.0  # about
_MIN_STATES, _MAX_STATES = 2, 12  # of a word
_SHRINKAGE = 0.1  # of the covariance towards its diagonal
_ACOUSTIC_SCALE = 0.2  # weight of the emissions: neighbouring steps see the same frames, and are not independent
_CHUNK = 128  # recordings decoded at once


@dataclass(frozen=True)
class Observations:
    """What the model sees: features (n, T, F), of which the first `step_counts` (n,) steps are a recording's own."""

    features: np.ndarray
    step_counts: np.ndarray

    @property
    def is_own(self) -> np.ndarray:
        """Which steps (n, T) are a recording's own, not padding."""
        return np.asarray(np.arange(self.features.shape[1]) < self.step_counts[:, None])

    def rows(self, start: int, stop: int) -> "Observations":
        return Observations(self.features[start:stop], self.step_counts[start:stop])


Emission = Callable[[Observations], np.ndarray]  # → (n, T, K): log P(observation | state) up to a constant
Recognised = tuple[list[str], np.ndarray]  # texts, and the mean log likelihood of a step (n,), at most 0
Recognise = Callable[[Examples], Recognised]


@dataclass(frozen=True)
class Lexicon:
    """The words, and of each its states, counted from 1; state 0 is silence."""

    words: tuple[str, ...]
    states: tuple[np.ndarray, ...]

    @property
    def state_count(self) -> int:
        return 1 + sum(len(chain) for chain in self.states)

    def sequences(self, texts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the states of each text with silence around every word, (n, P), and how many there are (n,)."""
        chains = []
        for text in texts:
            words = [np.append(self.states[word], SILENCE) for word in text]
            chains.append(np.concatenate([[SILENCE], *words]))

        lengths = np.array([len(chain) for chain in chains])
        padded = np.full((len(texts), lengths.max()), SILENCE)
        for row, chain in enumerate(chains):
            padded[row, : len(chain)] = chain
        return padded, lengths


def fit(train: Examples) -> Recognise:
    """Return a recogniser of the words of `train`, in any order, preferably as they follow each other there.

    It gives texts, and how well their paths fit: the mean log likelihood of a step against the likeliest state's.
    """
    lexicon_data = spelling.lexicon(train.table["label"])
    words: list[str] = lexicon_data["words"]
    transcripts = [str(text).split() for text in train.table["label"]]
    texts = [[words.index(word) for word in transcript] for transcript in transcripts]
    observations = observe(train)

    boundaries = _even_boundaries(transcripts, observations.step_counts)
    lexicon = _allot_states(words, texts, boundaries)
    states = _first_states(texts, boundaries, lexicon, observations)
    emission = _train(observations, texts, lexicon, states)

    graph = _word_graph(lexicon, np.array(lexicon_data["follows"]))
    separator = " " if " " in train.encoding["alphabet"] else ""
    return _recogniser(emission, graph, words, separator)


def observe(examples: Examples) -> Observations:
    """Return the MFCC of the frames around each step, side by side."""
    coefficients, frame_counts = compute_mfcc(examples)
    frames = coefficients.shape[1]
    padded = np.pad(coefficients, ((0, 0), (_CONTEXT_FRAMES, _CONTEXT_FRAMES), (0, 0)))
    neighbours = [
        padded[:, shift : shift + frames : _FRAMES_PER_STEP]  # one of each step
        for shift in range(2 * _CONTEXT_FRAMES + 1)
    ]

    step_counts = -(-frame_counts // _FRAMES_PER_STEP)  # rounded up
    return Observations(np.concatenate(neighbours, axis=2), step_counts)


def _even_boundaries(transcripts: list[list[str]], step_counts: np.ndarray) -> list[np.ndarray]:
    """Return the steps at which each word begins, and where the last ends, if letters share the middle evenly."""
    boundaries = []
    for words, step_count in zip(transcripts, step_counts, strict=True):
        letters = [len(word) for word in words]
        shares = np.cumsum([0, *letters]) / sum(letters)
        positions = _SILENT_SHARE + (1 - 2 * _SILENT_SHARE) * shares
        boundaries.append(np.rint(step_count * positions).astype(int))
    return boundaries


def _allot_states(words: list[str], texts: list[list[int]], boundaries: list[np.ndarray]) -> Lexicon:
    """Give each word as many states as its mean duration takes."""
    total_steps = np.zeros(len(words))
    occurrences = np.zeros(len(words))
    for text, edges in zip(texts, boundaries, strict=True):
        np.add.at(total_steps, text, np.diff(edges))
        np.add.at(occurrences, text, 1)

    mean_steps = total_steps / occurrences
    sizes = np.clip(np.rint(mean_steps / _STEPS_PER_STATE), _MIN_STATES, _MAX_STATES).astype(int)
    ends = 1 + np.cumsum(sizes)
    chains = tuple(np.arange(end - size, end) for end, size in zip(ends, sizes, strict=True))
    return Lexicon(tuple(words), chains)


def _first_states(
    texts: list[list[int]],
    boundaries: list[np.ndarray],
    lexicon: Lexicon,
    observations: Observations,
) -> np.ndarray:
    """Return the states (n, T) of the first alignment: a word's states share its steps evenly."""
    states = np.full(observations.features.shape[:2], SILENCE)
    for row, (text, edges) in enumerate(zip(texts, boundaries, strict=True)):
        for word, start, stop in zip(text, edges[:-1], edges[1:], strict=True):
            chain = lexicon.states[word]
            steps = stop - start
            states[row, start:stop] = chain[np.arange(steps) * len(chain) // max(steps, 1)]
    return states


def _train(observations: Observations, texts: list[list[int]], lexicon: Lexicon, states: np.ndarray) -> Emission:
    """Viterbi training: fit the emissions to the states (n, T), align the transcripts by them, and so on."""
    sequences, sequence_lengths = lexicon.sequences(texts)
    for _ in range(_ITERATIONS):
        emission = _fit_emission(observations, states, lexicon.state_count)
        states = align(emission(observations), sequences, sequence_lengths, observations.step_counts)
    return _fit_emission(observations, states, lexicon.state_count)


def _fit_emission(observations: Observations, states: np.ndarray, state_count: int) -> Emission:
    """Fit a Gaussian to each state's features, with one shared covariance that is shrunk towards its diagonal.

    What all states share cancels, so that log P(observation | state) is linear in the features.
    """
    is_own = observations.is_own
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=_SHRINKAGE)
    model.fit(observations.features[is_own], states[is_own])

    class_weights = np.linalg.solve(model.covariance_, model.means_.T)
    class_bias = -0.5 * (model.means_.T * class_weights).sum(axis=0)

    weights = np.zeros((observations.features.shape[2], state_count), np.float32)
    weights[:, model.classes_] = class_weights
    bias = np.full(state_count, NEVER, np.float32)  # of a state that no step was aligned to
    bias[model.classes_] = class_bias
    return lambda observed: observed.features @ weights + bias


def _word_graph(lexicon: Lexicon, log_bigrams: np.ndarray) -> WordGraph:
    chains = [np.append(chain, SILENCE) for chain in lexicon.states]
    lengths = np.array([len(chain) for chain in chains])
    silence_nodes = np.cumsum(lengths)
    first_nodes = silence_nodes - lengths + 1
    return WordGraph(np.concatenate([[SILENCE], *chains]), first_nodes, silence_nodes, log_bigrams)


def _recogniser(emission: Emission, graph: WordGraph, words: list[str], separator: str) -> Recognise:
    def recognise(examples: Examples) -> Recognised:
        if not len(examples):
            return [], np.empty(0)

        observations = observe(examples)
        texts: list[str] = []
        log_likelihoods = []
        for start in range(0, len(examples), _CHUNK):
            chunk = observations.rows(start, start + _CHUNK)
            emissions = _ACOUSTIC_SCALE * emission(chunk)
            emissions -= emissions.max(axis=2, keepdims=True)
            sequences, path_scores = decode(emissions, chunk.step_counts, graph)
            texts += [separator.join(words[word] for word in sequence) for sequence in sequences]
            log_likelihoods.append(path_scores / chunk.step_counts)
        return texts, np.concatenate(log_likelihoods)

    return recognise
