"""Viterbi's algorithm for many recordings at once.

`align` is forced alignment to known states; `decode` finds the words through a word graph. Symbols
as in Rabiner 1989, "A tutorial on hidden Markov models", §III.B:

- `delta` (δ): for each position in the model, the log probability of the best path that ends there
  at this step.
- `psi` (ψ): for each step and position, where that best path came from; followed backwards, it
  gives the states.
- `emissions` (log b): log P(features | state), (n, T, K), for n recordings, T steps of 25 ms and K
  states, up to a constant of each step. The first `step_counts` (n,) steps are the recording's own;
  the rest are padding and ignored.
"""

from dataclasses import dataclass

import numpy as np

SILENCE = 0  # the state between words
NEVER = -1e6  # log probability of what is impossible: finite, so that sums stay numbers
_STAYS = -1  # in psi of the word graph: the path was at the same node one step before


def align(
    emissions: np.ndarray,
    sequences: np.ndarray,
    sequence_lengths: np.ndarray,
    step_counts: np.ndarray,
) -> np.ndarray:
    """Forced alignment: return the state of every step on the best path through known states.

    Returns (n, T), with silence in padding. `sequences` (n, P) are the states of each recording in
    their order, the first and the last of them silence; only the first `sequence_lengths` (n,) of a
    row count. A path passes through all of them, except that it may skip any silence.
    """
    # At each step, a path stays at its position in the sequence, advances by one, or by two if that
    # skips a silence.
    skip_log_probability = np.where(sequences[:, 1:-1] == SILENCE, 0.0, NEVER)
    delta = np.full(sequences.shape, NEVER)
    delta[:, :2] = np.take_along_axis(emissions[:, 0], sequences[:, :2], axis=1)
    final_delta = delta.copy()  # becomes delta at each recording's own last step
    # (T, n, P): by how many positions the best path advanced to get there.
    psi = np.zeros((emissions.shape[1], *sequences.shape), np.int8)

    for step in range(1, emissions.shape[1]):
        candidates = np.full((3, *delta.shape), NEVER)
        candidates[0] = delta
        candidates[1, :, 1:] = delta[:, :-1]
        candidates[2, :, 2:] = delta[:, :-2] + skip_log_probability

        psi[step] = candidates.argmax(axis=0)
        delta = candidates.max(axis=0) + np.take_along_axis(emissions[:, step], sequences, axis=1)
        is_own = step < step_counts
        final_delta[is_own] = delta[is_own]

    # A path ends at the last silence, or at the state before it.
    end_positions = np.stack([sequence_lengths - 1, sequence_lengths - 2], axis=1)
    best_end = np.take_along_axis(final_delta, end_positions, axis=1).argmax(axis=1)
    last_positions = end_positions[np.arange(len(sequences)), best_end]
    return _trace_states(psi, sequences, step_counts, last_positions=last_positions)


def _trace_states(
    psi: np.ndarray, sequences: np.ndarray, step_counts: np.ndarray, *, last_positions: np.ndarray
) -> np.ndarray:
    """Return the states (n, T) that `align` returns, by following `psi` (T, n, P) backwards.

    `last_positions` (n,) are the positions in `sequences` at each recording's own last step.
    """
    rows = np.arange(len(sequences))
    states = np.zeros((len(sequences), len(psi)), int)
    positions = last_positions

    for step in range(len(psi) - 1, -1, -1):
        is_own = step < step_counts
        states[:, step] = np.where(is_own, sequences[rows, positions], SILENCE)
        positions = np.where(is_own, positions - psi[step, rows, positions], positions)
    return states


@dataclass(frozen=True)
class WordGraph:
    """W words that may follow each other in any order, as a graph of N nodes.

    Node 0 is the silence before the first word. Then each word has a run of nodes: one for each of
    its states, and one for the silence after it. A path may skip a silence.

    node_states: (N,), the state of each node.
    first_nodes: (W,), the node of each word's first state.
    silence_nodes: (W,), the node of the silence after each word.
    log_bigrams: (W + 1, W + 1), log P(next | previous). Row 0 is for the beginning of a recording,
        row 1 + w for word w as the previous one; column w is for word w as the next one, column W
        for the end of the recording.
    """

    node_states: np.ndarray
    first_nodes: np.ndarray
    silence_nodes: np.ndarray
    log_bigrams: np.ndarray

    @property
    def exits(self) -> np.ndarray:
        """The nodes (2, W + 1) that a path may leave for the first node of a word.

        Column 0 is for the beginning of a recording, column 1 + w for word w. Row 0 has the last
        state, row 1 the silence after it; for the beginning, both are node 0.
        """
        last_states = np.append(0, self.silence_nodes - 1)
        silences = np.append(0, self.silence_nodes)
        return np.stack([last_states, silences])

    @property
    def predecessors(self) -> np.ndarray:
        """The node (N,) before each node in the same word; for a word's first node, node 0."""
        nodes = np.arange(len(self.node_states)) - 1
        nodes[0] = 0
        nodes[self.first_nodes] = 0
        return nodes


def decode(
    emissions: np.ndarray,
    step_counts: np.ndarray,
    graph: WordGraph,
) -> tuple[list[list[int]], np.ndarray]:
    """Return the words of each recording's best path, and the paths' log probabilities (n,).

    The words are indices. A path has at least one word. Its log probability is the sum of its
    steps' emissions and its words' `log_bigrams`.
    """
    delta = np.full((len(emissions), len(graph.node_states)), NEVER)
    delta[:, 0] = 0.0
    delta[:, graph.first_nodes] = graph.log_bigrams[0, :-1]
    delta += emissions[:, 0, graph.node_states]
    final_delta = delta.copy()  # becomes delta at each recording's own last step
    # For each step after the first: (n, N), the node one step before, or `_STAYS`.
    psi: list[np.ndarray] = []

    for step in range(1, emissions.shape[1]):
        arrival, origins = _best_arrivals(delta, graph)
        stays = delta >= arrival
        psi.append(np.where(stays, _STAYS, origins).astype(np.int16))
        delta = np.where(stays, delta, arrival) + emissions[:, step, graph.node_states]
        is_own = step < step_counts
        final_delta[is_own] = delta[is_own]

    # The last word ends at its last state, or at the silence after it.
    end_nodes = graph.exits[:, 1:]  # (2, W)
    path_log_probabilities = final_delta[:, end_nodes] + graph.log_bigrams[1:, -1]  # (n, 2, W)
    path_log_probabilities = path_log_probabilities.reshape(len(emissions), -1)
    last_nodes = end_nodes.reshape(-1)[path_log_probabilities.argmax(axis=1)]

    psi_by_step = np.array(psi).reshape(-1, *delta.shape)  # (T - 1, n, N)
    words = []
    for row, (last_node, step_count) in enumerate(zip(last_nodes, step_counts, strict=True)):
        own_psi = psi_by_step[: step_count - 1, row]
        words.append(_trace_words(own_psi, int(last_node), graph))
    return words, path_log_probabilities.max(axis=1)


def _best_arrivals(delta: np.ndarray, graph: WordGraph) -> tuple[np.ndarray, np.ndarray]:
    """Return the best way to arrive at each node from another node.

    `delta` (n, N) is that of the step before. Returns its log probability (n, N), without the
    emission at the node, and the node that it comes from (n, N).
    """
    # Within a word: from the node before.
    arrival = delta[:, graph.predecessors]
    origins = np.tile(graph.predecessors, (len(delta), 1))

    # Into a word: from the better exit (last state or silence) of the best previous word.
    delta_at_exits = delta[:, graph.exits]  # (n, 2, W + 1)
    entry = delta_at_exits.max(axis=1)[:, :, None] + graph.log_bigrams[:, :-1]  # (n, W + 1, W)
    previous_word = entry.argmax(axis=1)  # (n, W)
    better_exit = np.take_along_axis(delta_at_exits.argmax(axis=1), previous_word, axis=1)
    arrival[:, graph.first_nodes] = np.take_along_axis(entry, previous_word[:, None], axis=1)[:, 0]
    origins[:, graph.first_nodes] = graph.exits[better_exit, previous_word]
    return arrival, origins


def _trace_words(psi: np.ndarray, last_node: int, graph: WordGraph) -> list[int]:
    """Return the word indices of one recording, from the first word to the last.

    Follows `psi` backwards. `psi` is (T - 1, N), of the recording's own steps without the first;
    `last_node` is the node at its last step.
    """
    word_of_node = {int(node): word for word, node in enumerate(graph.first_nodes)}
    words = []
    node = last_node

    for origins in psi[::-1]:
        origin = int(origins[node])
        if origin == _STAYS:
            continue
        if node in word_of_node:  # the path entered a word at this step
            words.append(word_of_node[node])
        node = origin
    if node in word_of_node:  # the path begins with a word, without silence before it
        words.append(word_of_node[node])
    return words[::-1]
