"""Viterbi's algorithm, for many recordings at once: along a known sequence of states, and through a graph of words."""

from dataclasses import dataclass

import numpy as np

NEVER = -1e6


def align(likelihood: np.ndarray, places: np.ndarray, sizes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the most probable states (n, T) that run through `places` in order; state 0, silence, may be left out.

    `likelihood` is (n, T, K), of which the first `counts` (n,) steps count; `places` (n, P) are states, of which the
    first `sizes` (n,) count; the first and the last of them are silence.
    """
    rows = np.arange(len(places))
    jump = np.where(places[:, 1:-1] == 0, 0.0, NEVER)
    score = np.full(places.shape, NEVER)
    score[:, :2] = np.take_along_axis(likelihood[:, 0], places[:, :2], axis=1)
    came = np.zeros((likelihood.shape[1], *places.shape), np.int8)
    final = score.copy()
    for step in range(1, likelihood.shape[1]):
        ways = np.full((3, *score.shape), NEVER)
        ways[0], ways[1, :, 1:], ways[2, :, 2:] = score, score[:, :-1], score[:, :-2] + jump
        came[step] = ways.argmax(axis=0)
        score = ways.max(axis=0) + np.take_along_axis(likelihood[:, step], places, axis=1)
        final[counts > step] = score[counts > step]
    ends = np.stack([sizes - 1, sizes - 2], axis=1)  # silence, or the state before it
    place = ends[rows, np.take_along_axis(final, ends, axis=1).argmax(axis=1)]
    states = np.zeros(likelihood.shape[:2], int)
    for step in range(likelihood.shape[1] - 1, -1, -1):
        own = step < counts
        states[:, step] = np.where(own, places[rows, place], 0)
        place = np.where(own, place - came[step, rows, place], place)
    return states


@dataclass(frozen=True)
class Graph:
    """Words that may follow each other. Node 0 is the silence before the first; each word is a run of nodes, a silence
    the last of them, which may be left out.

    `states` (N,) are the nodes' states, `first` and `last` (W,) the nodes of a word's first state and of its silence;
    `follows` (W + 1, W + 1) is log P(word | word before): its rows begin with the beginning, its columns end with the
    end.
    """

    states: np.ndarray
    first: np.ndarray
    last: np.ndarray
    follows: np.ndarray


def decode(likelihood: np.ndarray, counts: np.ndarray, graph: Graph) -> tuple[list[list[int]], np.ndarray]:
    """Return the most probable words of each recording, and the scores (n,) of their paths.

    `likelihood` is (n, T, K), of which the first `counts` (n,) steps count.
    """
    before = np.arange(len(graph.states)) - 1
    before[0], before[graph.first] = 0, 0
    exits = np.stack([np.append(0, graph.last - 1), np.append(0, graph.last)])  # begin, then words: (2, W + 1)
    score = np.full((len(likelihood), len(graph.states)), NEVER)
    score[:, 0], score[:, graph.first] = 0.0, graph.follows[0, :-1]
    score += likelihood[:, 0, graph.states]
    final, came = score.copy(), []
    for step in range(1, likelihood.shape[1]):
        moved, left = score[:, before], _left(score, exits)
        entered = left.max(axis=0)[:, :, None] + graph.follows[:, :-1]
        source = entered.argmax(axis=1)
        moved[:, graph.first] = np.take_along_axis(entered, source[:, None], axis=1)[:, 0]
        origin = np.tile(before, (len(score), 1))
        origin[:, graph.first] = exits[np.take_along_axis(left.argmax(axis=0), source, axis=1), source]
        stays = score >= moved
        came.append(np.where(stays, -1, origin).astype(np.int16))
        score = np.where(stays, score, moved) + likelihood[:, step, graph.states]
        final[counts > step] = score[counts > step]
    return _backwards(final, np.array(came).reshape(-1, *final.shape), counts, graph, exits)


def _left(score: np.ndarray, exits: np.ndarray) -> np.ndarray:
    """Return the scores (2, n, W + 1) of having ended a word at its last state, or at the silence after it."""
    return np.stack([score[:, exits[0]], score[:, exits[1]]])


def _backwards(
    final: np.ndarray, came: np.ndarray, counts: np.ndarray, graph: Graph, exits: np.ndarray
) -> tuple[list[list[int]], np.ndarray]:
    ended = (_left(final, exits) + graph.follows[:, -1]).transpose(1, 0, 2)[:, :, 1:].reshape(len(final), -1)
    node = exits[:, 1:].reshape(-1)[ended.argmax(axis=1)]
    word = {int(first): index for index, first in enumerate(graph.first)}
    words: list[list[int]] = []
    for row, (at, count) in enumerate(zip(node.tolist(), counts.tolist(), strict=True)):
        found = []
        for step in range(count - 1, -1, -1):
            origin = int(came[step - 1, row, at]) if step else 0
            if origin >= 0 and at in word:
                found.append(word[at])
            at = at if origin < 0 else origin
        words.append(found[::-1])
    return words, ended.max(axis=1)
