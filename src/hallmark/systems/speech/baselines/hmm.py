"""Hidden Markov model (HMM): a chain of states for each word, a Gaussian for each state.

Rabiner 1989, "A tutorial on hidden Markov models and selected applications in speech recognition".
Unlike the network, it knows the words and which follows which.

Training is Viterbi training. In the first alignment, the letters of a transcript share the
recording evenly. Then the model is fitted to the alignment and aligns the transcripts again,
several times.

Two units of time: an MFCC frame begins every 12.5 ms, and a step of the model is two frames, 25 ms.
Arrays have the axes (n, T, …): n recordings, and T steps from the first to the last. All recordings
of a data set are padded at their ends to the same T.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from hallmark.contracts.examples import Examples
from hallmark.systems.speech.baselines.mfcc import compute_mfcc
from hallmark.systems.speech.baselines.viterbi import NEVER, SILENCE, WordGraph, align, decode
from hallmark.systems.speech.reading import transcripts as spelling

_ITERATIONS = 5  # of fitting and aligning; more change little
_FRAMES_PER_STEP = 2
_CONTEXT_FRAMES = 6  # MFCC frames before, and as many after, that belong to a step's features
_SILENT_SHARE = 0.06  # of a recording at either end, in the first alignment
_STEPS_PER_STATE = 2.0  # on average
_MIN_STATES_OF_WORD = 2
_MAX_STATES_OF_WORD = 12
_SHRINKAGE = 0.1  # of the covariance towards its diagonal
# Weight of the emissions against the bigrams: neighbouring steps share frames, so they are not
# independent, and their sum would count the same sound several times.
_ACOUSTIC_SCALE = 0.2
_CHUNK = 128  # recordings decoded at once


@dataclass(frozen=True)
class StepFeatures:
    """The features of every step of n recordings: the model's observations.

    features: float32 (n, T, F).
    step_counts: (n,), how many of the T steps are the recording's own; those after them are
        padding.
    """

    features: np.ndarray
    step_counts: np.ndarray

    @property
    def is_own(self) -> np.ndarray:
        """Mask (n, T): True where a step is the recording's own, False in padding."""
        return np.asarray(np.arange(self.features.shape[1]) < self.step_counts[:, None])

    def rows(self, start: int, stop: int) -> "StepFeatures":
        return StepFeatures(self.features[start:stop], self.step_counts[start:stop])


# → (n, T, K): log P(features | state) of K states, up to a constant of each step
Emission = Callable[[StepFeatures], np.ndarray]
# The n texts, and (n,): the log probability of each text's path, divided by its steps
Recognised = tuple[list[str], np.ndarray]
Recognise = Callable[[Examples], Recognised]


@dataclass(frozen=True)
class Lexicon:
    """The words and their states.

    words: Every word, in the order of their indices.
    states: For each word, the chain of its states, from the first sound to the last. The states of
        all words are counted from 1, and no two words share one; state 0 is silence.
    """

    words: tuple[str, ...]
    states: tuple[np.ndarray, ...]

    @property
    def state_count(self) -> int:
        """How many states there are, K, silence included."""
        return 1 + sum(len(chain) for chain in self.states)

    def sequences(self, texts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the states of each text in their order, with silence around every word.

        `texts` has the word indices of each of n texts. Returns the states (n, P), padded at the
        end with silence to the longest sequence, and the lengths (n,) without padding.
        """
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
    """Return a function that recognises sequences of the words of `train`.

    Words may come in any order; orders that occur in `train` are more probable. The function
    returns the texts of its examples, and the log probability of the path that gives each text,
    divided by its steps. In it, emissions are relative to the likeliest state of each step, so that
    it is at most 0.
    """
    lexicon_data = spelling.lexicon(train.table["label"])
    words: list[str] = lexicon_data["words"]
    transcripts = [str(text).split() for text in train.table["label"]]
    texts = [[words.index(word) for word in transcript] for transcript in transcripts]
    steps = compute_features(train)

    boundaries = _even_boundaries(transcripts, steps.step_counts)
    lexicon = _allot_states(words, texts, boundaries)
    states = _first_states(texts, boundaries, lexicon, steps)
    emission = _train(steps, texts, lexicon, states)

    graph = _word_graph(lexicon, np.array(lexicon_data["follows"]))
    separator = " " if " " in train.encoding["alphabet"] else ""
    return _recogniser(emission, graph, words, separator)


def compute_features(examples: Examples) -> StepFeatures:
    """Return the features of each step: the MFCC of 13 frames side by side, the earliest first.

    The frame in the middle of the 13 is the first of the step's two. Frames before a recording's
    beginning and after its end are 0, which is the mean of every coefficient. A frame has 13
    coefficients, so there are 13 · 13 features.
    """
    coefficients, frame_counts = compute_mfcc(examples)  # (n, frames with padding, coefficients)
    n_frames = coefficients.shape[1]
    padded = np.pad(coefficients, ((0, 0), (_CONTEXT_FRAMES, _CONTEXT_FRAMES), (0, 0)))

    # For each place in the window, the frame at that place of every step: (n, T, coefficients).
    frames_by_place = []
    for place in range(2 * _CONTEXT_FRAMES + 1):
        frames_by_place.append(padded[:, place : place + n_frames : _FRAMES_PER_STEP])
    features = np.concatenate(frames_by_place, axis=2)

    step_counts = -(-frame_counts // _FRAMES_PER_STEP)  # rounded up
    return StepFeatures(features, step_counts)


def _even_boundaries(transcripts: list[list[str]], step_counts: np.ndarray) -> list[np.ndarray]:
    """Return where the words of each transcript begin and end if all letters are equally long.

    For a transcript of w words, (w + 1,) steps: the first step of each word, then the step after
    the last word. A fixed share of the recording at either end is silence.
    """
    boundaries = []
    for words, step_count in zip(transcripts, step_counts, strict=True):
        letters = [len(word) for word in words]
        shares = np.cumsum([0, *letters]) / sum(letters)
        positions = _SILENT_SHARE + (1 - 2 * _SILENT_SHARE) * shares
        boundaries.append(np.rint(step_count * positions).astype(int))
    return boundaries


def _allot_states(words: list[str], texts: list[list[int]], boundaries: list[np.ndarray]) -> Lexicon:
    """Return the lexicon: each word has one state for every two steps of its mean duration."""
    total_steps = np.zeros(len(words))
    occurrences = np.zeros(len(words))
    for text, edges in zip(texts, boundaries, strict=True):
        np.add.at(total_steps, text, np.diff(edges))
        np.add.at(occurrences, text, 1)

    mean_steps = total_steps / occurrences
    state_counts = np.rint(mean_steps / _STEPS_PER_STATE).astype(int)
    state_counts = np.clip(state_counts, _MIN_STATES_OF_WORD, _MAX_STATES_OF_WORD)

    ends = 1 + np.cumsum(state_counts)
    chains = tuple(np.arange(end - count, end) for end, count in zip(ends, state_counts, strict=True))
    return Lexicon(tuple(words), chains)


def _first_states(
    texts: list[list[int]],
    boundaries: list[np.ndarray],
    lexicon: Lexicon,
    steps: StepFeatures,
) -> np.ndarray:
    """Return the states (n, T) of the first alignment.

    The states of a word share the steps within its boundaries evenly; other steps are silence.
    """
    states = np.full(steps.features.shape[:2], SILENCE)
    for row, (text, edges) in enumerate(zip(texts, boundaries, strict=True)):
        for word, start, stop in zip(text, edges[:-1], edges[1:], strict=True):
            chain = lexicon.states[word]
            word_steps = stop - start
            places = np.arange(word_steps) * len(chain) // max(word_steps, 1)
            states[row, start:stop] = chain[places]
    return states


def _train(
    steps: StepFeatures,
    texts: list[list[int]],
    lexicon: Lexicon,
    states: np.ndarray,
) -> Emission:
    """Viterbi training: fit the emissions to an alignment, align the texts by them, and repeat.

    `states` (n, T) is the first alignment.
    """
    sequences, sequence_lengths = lexicon.sequences(texts)
    for _ in range(_ITERATIONS):
        emission = _fit_emission(steps, states, lexicon.state_count)
        states = align(emission(steps), sequences, sequence_lengths, steps.step_counts)
    return _fit_emission(steps, states, lexicon.state_count)


def _fit_emission(steps: StepFeatures, states: np.ndarray, state_count: int) -> Emission:
    """Fit a Gaussian to each state: return the function that gives log P(features | state).

    The Gaussians are fitted to the recordings' own steps, of which `states` (n, T) has the states.
    They share one covariance, which is shrunk towards its diagonal. The term that is quadratic in
    the features is then the same for all states and is left out, so that the rest is linear.
    """
    is_own = steps.is_own
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=_SHRINKAGE)
    model.fit(steps.features[is_own], states[is_own])

    # With mean μ and covariance Σ: weights Σ⁻¹ μ, bias -½ μᵀ Σ⁻¹ μ.
    class_weights = np.linalg.solve(model.covariance_, model.means_.T)
    class_bias = -0.5 * (model.means_.T * class_weights).sum(axis=0)

    # States that no step was aligned to have no Gaussian.
    weights = np.zeros((steps.features.shape[2], state_count), np.float32)
    bias = np.full(state_count, NEVER, np.float32)
    weights[:, model.classes_] = class_weights
    bias[model.classes_] = class_bias
    return lambda observed: observed.features @ weights + bias


def _word_graph(lexicon: Lexicon, log_bigrams: np.ndarray) -> WordGraph:
    """Return the graph of all words: a silence, then the states of each word and a silence."""
    chains = [np.append(chain, SILENCE) for chain in lexicon.states]
    lengths = np.array([len(chain) for chain in chains])
    silence_nodes = np.cumsum(lengths)
    first_nodes = silence_nodes - lengths + 1
    return WordGraph(
        node_states=np.concatenate([[SILENCE], *chains]),
        first_nodes=first_nodes,
        silence_nodes=silence_nodes,
        log_bigrams=log_bigrams,
    )


def _recogniser(emission: Emission, graph: WordGraph, words: list[str], separator: str) -> Recognise:
    """Return the function that `fit` returns. `separator` joins the words of a text."""

    def recognise(examples: Examples) -> Recognised:
        if not len(examples):
            return [], np.empty(0)

        steps = compute_features(examples)
        texts: list[str] = []
        log_likelihoods = []
        for start in range(0, len(examples), _CHUNK):
            chunk = steps.rows(start, start + _CHUNK)
            emissions = _ACOUSTIC_SCALE * emission(chunk)
            # Relative to the likeliest state of each step.
            emissions -= emissions.max(axis=2, keepdims=True)

            sequences, path_scores = decode(emissions, chunk.step_counts, graph)
            texts += [separator.join(words[word] for word in sequence) for sequence in sequences]
            log_likelihoods.append(path_scores / chunk.step_counts)
        return texts, np.concatenate(log_likelihoods)

    return recognise
