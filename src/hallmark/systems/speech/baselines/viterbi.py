"""Viterbi's algorithm for many recordings at once: forced alignment to known states, and decoding through a word graph.

Symbols as in Rabiner 1989, "A tutorial on hidden Markov models", §III.B:

- `delta` (δ): for each place in the model, the log probability of the best path that ends there at the present step.
- `psi` (ψ): for each step and place, where that best path came from; followed backwards, it gives the states.
- `emissions` (log b): log P(observation | state) of each step, up to a constant.
"""

from dataclasses import dataclass

import numpy as np

SILENCE = 0  # the state between words
NEVER = -1e6  # log probability of what is impossible: finite, so that sums stay numbers
_STAYS = -1  # in psi of the word graph: the path was at the same node before


def align(
    emissions: np.ndarray,
    sequences: np.ndarray,
    sequence_lengths: np.ndarray,
    step_counts: np.ndarray,
) -> np.ndarray:
    """Forced alignment: return the most probable states (n, T) that run through a known sequence in its order.

    `emissions` is (n, T, K), of which the first `step_counts` (n,) steps count; `sequences` (n, P) are states, of which
    the first `sequence_lengths` (n,) count, the first and the last of them silence. A silence may be left out.
    """
    # From each place, a path stays, goes on by one, or goes on by two where it leaves out a silence.
    skip_cost = np.where(sequences[:, 1:-1] == SILENCE, 0.0, NEVER)
    delta = np.full(sequences.shape, NEVER)
    delta[:, :2] = np.take_along_axis(emissions[:, 0], sequences[:, :2], axis=1)
    final_delta = delta.copy()  # at each recording's own last step
    psi = np.zeros((emissions.shape[1], *sequences.shape), np.int8)  # places gone on by

    for step in range(1, emissions.shape[1]):
        candidates = np.full((3, *delta.shape), NEVER)
        candidates[0] = delta
        candidates[1, :, 1:] = delta[:, :-1]
        candidates[2, :, 2:] = delta[:, :-2] + skip_cost

        psi[step] = candidates.argmax(axis=0)
        delta = candidates.max(axis=0) + np.take_along_axis(emissions[:, step], sequences, axis=1)
        goes_on = step_counts > step
        final_delta[goes_on] = delta[goes_on]

    ends = np.stack([sequence_lengths - 1, sequence_lengths - 2], axis=1)  # the last silence, or the state before it
    best_end = np.take_along_axis(final_delta, ends, axis=1).argmax(axis=1)
    rows = np.arange(len(sequences))
    return _trace_states(psi, sequences, step_counts, last_places=ends[rows, best_end])


def _trace_states(
    psi: np.ndarray, sequences: np.ndarray, step_counts: np.ndarray, *, last_places: np.ndarray
) -> np.ndarray:
    """Follow `psi` backwards from the last places (n,) and return the states (n, T), silence beyond the end."""
    rows = np.arange(len(sequences))
    states = np.zeros((len(sequences), len(psi)), int)
    places = last_places

    for step in range(len(psi) - 1, -1, -1):
        is_own = step < step_counts
        states[:, step] = np.where(is_own, sequences[rows, places], SILENCE)
        places = np.where(is_own, places - psi[step, rows, places], places)
    return states


@dataclass(frozen=True)
class WordGraph:
    """Words that may follow each other, as N nodes: node 0 is the silence before the first word; each of W words is a
    run of nodes, of which the last is a silence that may be left out.

    node_states: (N,), the state of each node.
    first_nodes: (W,), the node of each word's first state.
    silence_nodes: (W,), the node of the silence after each word.
    log_bigrams: (W + 1, W + 1), log P(word | word before). The first row is of the beginning, the last column of the
        end.
    """

    node_states: np.ndarray
    first_nodes: np.ndarray
    silence_nodes: np.ndarray
    log_bigrams: np.ndarray

    @property
    def exits(self) -> np.ndarray:
        """The nodes (2, W + 1) from which a path leaves the beginning, then each word: its last state, its silence."""
        last_states = np.append(0, self.silence_nodes - 1)
        silences = np.append(0, self.silence_nodes)
        return np.stack([last_states, silences])

    @property
    def predecessors(self) -> np.ndarray:
        """The node (N,) before each within its word; of a word's first node, which has none, node 0."""
        nodes = np.arange(len(self.node_states)) - 1
        nodes[0] = 0
        nodes[self.first_nodes] = 0
        return nodes


def decode(emissions: np.ndarray, step_counts: np.ndarray, graph: WordGraph) -> tuple[list[list[int]], np.ndarray]:
    """Return the most probable words of each recording, and the log probabilities (n,) of their paths.

    `emissions` is (n, T, K), of which the first `step_counts` (n,) steps count.
    """
    delta = np.full((len(emissions), len(graph.node_states)), NEVER)
    delta[:, 0] = 0.0
    delta[:, graph.first_nodes] = graph.log_bigrams[0, :-1]
    delta += emissions[:, 0, graph.node_states]
    final_delta = delta.copy()  # at each recording's own last step
    psi: list[np.ndarray] = []

    for step in range(1, emissions.shape[1]):
        arriving, origins = _arrive(delta, graph)
        stays = delta >= arriving
        psi.append(np.where(stays, _STAYS, origins).astype(np.int16))
        delta = np.where(stays, delta, arriving) + emissions[:, step, graph.node_states]
        goes_on = step_counts > step
        final_delta[goes_on] = delta[goes_on]

    # The last word ends at its last state, or at the silence after it.
    end_nodes = graph.exits[:, 1:]
    ending = final_delta[:, end_nodes] + graph.log_bigrams[1:, -1]  # (n, 2, W)
    ending = ending.reshape(len(ending), -1)
    last_nodes = end_nodes.reshape(-1)[ending.argmax(axis=1)]

    psi_by_step = np.array(psi).reshape(-1, *delta.shape)  # (T - 1, n, N)
    words = []
    for row, (last_node, step_count) in enumerate(zip(last_nodes, step_counts, strict=True)):
        own_psi = psi_by_step[: step_count - 1, row]
        words.append(_trace_words(own_psi, int(last_node), graph))
    return words, ending.max(axis=1)


def _arrive(delta: np.ndarray, graph: WordGraph) -> tuple[np.ndarray, np.ndarray]:
    """Return the best log probability with which a path comes to each node (n, N) from another, and from which."""
    # Within a word: from the node before.
    arriving = delta[:, graph.predecessors]
    origins = np.tile(graph.predecessors, (len(delta), 1))

    # Into a word: from the likelier exit of the likeliest word before.
    leaving = delta[:, graph.exits]  # (n, 2, W + 1)
    entering = leaving.max(axis=1)[:, :, None] + graph.log_bigrams[:, :-1]  # (n, W + 1, W)
    word_before = entering.argmax(axis=1)  # (n, W)
    exit_kind = np.take_along_axis(leaving.argmax(axis=1), word_before, axis=1)
    arriving[:, graph.first_nodes] = np.take_along_axis(entering, word_before[:, None], axis=1)[:, 0]
    origins[:, graph.first_nodes] = graph.exits[exit_kind, word_before]
    return arriving, origins


def _trace_words(psi: np.ndarray, last_node: int, graph: WordGraph) -> list[int]:
    """Follow `psi` (T - 1, N) of one recording backwards from its last node and return the words, in their order."""
    word_of_node = {int(node): word for word, node in enumerate(graph.first_nodes)}
    words = []
    node = last_node

    for origins in psi[::-1]:
        origin = int(origins[node])
        if origin == _STAYS:
            continue
        if node in word_of_node:
            words.append(word_of_node[node])
        node = origin
    if node in word_of_node:  # the recording begins within a word
        words.append(word_of_node[node])
    return words[::-1]
