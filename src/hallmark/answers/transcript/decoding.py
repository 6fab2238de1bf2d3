"""Connectionist temporal classification (Graves et al. 2006): text from the logits of blank and letters over frames.

With a lexicon, the answer is the most probable path through its words in the orders that they take; without, the most
probable path of all, so that any word can be spelled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_BLANK = 0  # its class in the logits; letters follow
_IMPOSSIBLE = -1e30  # a log probability: finite, so that sums of it can be compared
_SMALLEST_NLL = 1e-15  # of a path: floats resolve nothing closer to certainty
_CHUNK_ROWS = 64  # decoded at once


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, confidence and log_nll for logits (n, T, 1 + letters) of which `frames` (n,) count.

    Confidence is the probability that the whole transcript is right, a logistic function of log_nll (see `decode`).
    Raises `ValueError` on a logit that is not finite.
    """
    texts, log_nll = decode(outputs, postprocess["alphabet"], postprocess["lexicon"])
    log_odds = postprocess["slope"] * log_nll + postprocess["intercept"]
    confidence = 1 / (1 + np.exp(-log_odds))
    return pd.DataFrame({"prediction": texts, "confidence": confidence, "log_nll": log_nll})


def numbers(postprocess: Mapping[str, Any]) -> list[str]:  # noqa: ARG001  # every kind of answer is asked in one way
    return ["confidence", "log_nll"]


def decode(
    outputs: Mapping[str, np.ndarray], alphabet: str, lexicon: Mapping[str, Any] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Decode logits (n, T, 1 + letters) of which `frames` (n,) count to texts (n,) and the log-NLL of each (n,).

    Log-NLL: the logarithm of -log P(path), with the path's probability among all paths, without the lexicon's score.
    It is low for sure answers.

    `lexicon` has `words` and `follows`, log P(word | word before) (W + 1, W + 1): its first row is the beginning of a
    text, its last column the end.
    """
    logits = outputs["logits"]
    frames = outputs["frames"].reshape(-1).astype(int)
    graph = _build_graph(lexicon, alphabet) if lexicon else None

    texts = np.full(len(logits), "", object)
    nll = np.zeros(len(logits))
    by_length = np.argsort(frames, kind="stable")  # rows of about one length are decoded together
    for start in range(0, len(by_length), _CHUNK_ROWS):
        rows = by_length[start : start + _CHUNK_ROWS]
        chunk_frames = frames[rows]
        longest = max(1, chunk_frames.max())
        scores = _log_probabilities(logits[rows, :longest], chunk_frames, rows)

        chunk_texts, path_scores = _decode_greedily(scores, alphabet)
        if graph:
            undecided = np.flatnonzero(~_are_settled(chunk_texts, path_scores, graph))
            chunk_texts[undecided], path_scores[undecided] = _decode_with_lexicon(
                scores[undecided], chunk_frames[undecided], graph
            )
        texts[rows] = [" ".join(text.split()) for text in chunk_texts]
        nll[rows] = -path_scores
    return texts, np.log(np.maximum(nll, _SMALLEST_NLL))


def _log_probabilities(logits: np.ndarray, frames: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return log softmax (n, T, K). Beyond a row's `frames` the blank is certain, so that they change nothing.

    `rows` (n,) are the numbers by which an error names them. Raises `ValueError` on a logit that is not finite.
    """
    is_within = np.arange(logits.shape[1]) < frames[:, None]
    is_usable = np.isfinite(logits).all(axis=2) | ~is_within
    if not is_usable.all():
        row = rows[np.argmin(is_usable.all(axis=1))]
        raise ValueError(f"the scorer's logits of row {row} must be finite")

    scores = np.where(is_within[:, :, None], logits, 0.0).astype(np.float64)
    scores -= scores.max(axis=2, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=2, keepdims=True))

    certain_blank = np.full(logits.shape[2], _IMPOSSIBLE)
    certain_blank[_BLANK] = 0.0
    return np.where(is_within[:, :, None], scores, certain_blank)


def _decode_greedily(scores: np.ndarray, alphabet: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts (n,) of the most probable paths, and the log probabilities (n,) of these paths."""
    paths = scores.argmax(axis=2)
    is_change = np.diff(paths, axis=1, prepend=_BLANK) != 0
    letters = np.array(["", *alphabet], object)
    texts = ["".join(letters[path[changes]]) for path, changes in zip(paths, is_change, strict=True)]
    return np.array(texts, object), scores.max(axis=2).sum(axis=1)


@dataclass(frozen=True)
class _WordGraph:
    """The paths through a lexicon, as nodes that each emit one class of the logits.

    Node 0 is the blank before the first word. Each word is a run of nodes: its letters with blanks between them, a
    blank, the space, a blank. A blank may be skipped unless it parts two equal letters.
    """

    word_numbers: dict[str, int]
    separator: str  # of words in a text: a space where the alphabet has one
    classes: np.ndarray  # (N,), what each node emits: its column in the logits
    may_skip: np.ndarray  # (N,), whether a node may follow the last but one
    first_nodes: np.ndarray  # (W,), a word's first letter
    end_nodes: np.ndarray  # (W,), the blank after a word's last letter
    space_nodes: np.ndarray  # (W,), the space after a word
    transitions: np.ndarray  # (W + 1, W + 1), the lexicon's `follows`


def _build_graph(lexicon: Mapping[str, Any], alphabet: str) -> _WordGraph:
    class_of = {letter: index for index, letter in enumerate(alphabet, start=1)}
    space = class_of.get(" ", _BLANK)  # without a space in the alphabet, a blank parts the words

    runs: list[list[int]] = []
    for word in lexicon["words"]:
        letters = [node for letter in word for node in (class_of[letter], _BLANK)]
        runs.append([*letters, space, _BLANK])
    lengths = [len(run) for run in runs]
    last_nodes = np.cumsum(lengths)
    first_nodes = last_nodes - lengths + 1

    classes = np.array([_BLANK, *(node for run in runs for node in run)])
    may_skip = (classes != _BLANK) & (classes != np.roll(classes, 2))
    may_skip[[0, *first_nodes]] = False
    return _WordGraph(
        word_numbers={word: index for index, word in enumerate(lexicon["words"])},
        separator=" " if space != _BLANK else "",
        classes=classes,
        may_skip=may_skip,
        first_nodes=first_nodes,
        end_nodes=last_nodes - 2,
        space_nodes=last_nodes - 1,
        transitions=np.asarray(lexicon["follows"]),
    )


def _are_settled(texts: np.ndarray, path_scores: np.ndarray, graph: _WordGraph) -> np.ndarray:
    """Return whether each most probable path (n,) is the answer with the lexicon, too.

    It is where its words are known and no other path could beat it, even one that the lexicon gives probability 1.
    """
    settled = np.zeros(len(texts), bool)
    for row, text in enumerate(texts):
        words = [graph.word_numbers.get(word, -1) for word in text.split(" ")]  # a space at an end: an empty word
        if min(words) < 0:
            continue

        previous_words = [0, *(word + 1 for word in words)]
        lexicon_score = graph.transitions[previous_words, [*words, -1]].sum()
        other_paths = max(-np.expm1(path_scores[row]), _SMALLEST_NLL)  # their probability, all together
        settled[row] = path_scores[row] + lexicon_score >= np.log(other_paths)
    return settled


def _decode_with_lexicon(scores: np.ndarray, frames: np.ndarray, graph: _WordGraph) -> tuple[np.ndarray, np.ndarray]:
    """Viterbi's algorithm: the most probable text (n,) of the lexicon, and the log probability (n,) of its path alone.

    `scores` are log probabilities (n, T, K), of which `frames` (n,) count.
    """
    emissions = scores[:, :, graph.classes]  # (n, T, N)
    final_scores, predecessors = _search(emissions, frames, graph)

    last_nodes = np.concatenate(
        [graph.end_nodes, graph.end_nodes - 1]
    )  # the blank after the last letter, or that letter
    text_scores = final_scores[:, last_nodes] + np.tile(graph.transitions[1:, -1], 2)
    node = last_nodes[text_scores.argmax(axis=1)]  # of each row (n,), at its last frame

    rows = np.arange(len(scores))
    words: list[list[str]] = [[] for _ in rows]
    word_at = {int(first): word for first, word in zip(graph.first_nodes, graph.word_numbers, strict=True)}
    path_scores = np.zeros(len(scores))
    for frame in range(emissions.shape[1] - 1, -1, -1):
        is_within = frames > frame
        path_scores += np.where(is_within, emissions[rows, frame, node], 0.0)

        predecessor = predecessors[frame, rows, node]
        begins_word = is_within & (predecessor != node) & np.isin(node, graph.first_nodes)
        for row in np.flatnonzero(begins_word):
            words[row].append(word_at[int(node[row])])
        node = np.where(is_within, predecessor, node)

    texts = [graph.separator.join(reversed(row_words)) for row_words in words]
    return np.array(texts, object), path_scores


def _search(emissions: np.ndarray, frames: np.ndarray, graph: _WordGraph) -> tuple[np.ndarray, np.ndarray]:
    """Return the score (n, N) of the best path to each node at a row's last frame, and each node's predecessor on it.

    The predecessors (T, n, N) are node numbers; those of frame 0 are 0, the node before the first word.
    """
    n_rows, n_frames, n_nodes = emissions.shape
    nodes = np.arange(n_nodes)
    # A word is left from its space or from the blank after it; the beginning, from node 0: (2, W + 1).
    exits = np.stack([np.append(0, graph.space_nodes), np.append(0, graph.space_nodes + 1)])

    scores = np.full((n_rows, n_nodes), _IMPOSSIBLE)
    scores[:, 0] = 0.0
    scores[:, graph.first_nodes] = graph.transitions[0, :-1]
    scores = scores + emissions[:, 0]

    final_scores = scores
    predecessors = np.zeros((n_frames, n_rows, n_nodes), np.int32)
    for frame in range(1, n_frames):
        prefers_skip = np.roll(scores, 2, axis=1) > np.roll(scores, 1, axis=1)
        origins = np.where(graph.may_skip & prefers_skip, nodes - 2, nodes - 1)
        moved = np.take_along_axis(scores, np.maximum(origins, 0), axis=1)
        moved[:, 0] = _IMPOSSIBLE
        origins[:, graph.first_nodes], moved[:, graph.first_nodes] = _enter_words(scores, exits, graph)

        predecessors[frame] = np.where(scores >= moved, nodes, origins)
        scores = np.maximum(scores, moved) + emissions[:, frame]
        is_within = frames > frame
        final_scores = np.where(is_within[:, None], scores, final_scores)
    return final_scores, predecessors


def _enter_words(scores: np.ndarray, exits: np.ndarray, graph: _WordGraph) -> tuple[np.ndarray, np.ndarray]:
    """Return the node from which each word is best entered, and the score of that way, both (n, W)."""
    exit_scores = scores[:, exits]  # (n, 2, W + 1)
    better_exits = exit_scores.argmax(axis=1)

    entry_scores = exit_scores.max(axis=1)[:, :, None] + graph.transitions[:, :-1]  # (n, word before, word)
    previous_words = entry_scores.argmax(axis=1)
    best_scores = np.take_along_axis(entry_scores, previous_words[:, None], axis=1)[:, 0]

    sides = np.take_along_axis(better_exits, previous_words, axis=1)
    return exits[sides, previous_words], best_scores
