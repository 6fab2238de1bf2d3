"""Decoding of transcripts: connectionist temporal classification (CTC, Graves et al. 2006).

A path has a class for each frame: the blank or a letter. Repeated letters and blanks are dropped to
get the text. Without a lexicon, the text is that of the most probable path, so that any word can be
spelled. With a lexicon, it is that of the most probable path through its words, weighted by word
bigrams.

n rows, T frames, K = 1 + letters classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_BLANK = 0  # the class of the blank; letters follow, in the order of the alphabet
_IMPOSSIBLE = -1e30  # a log-probability: finite, so that sums of it can be compared
_SMALLEST_NLL = 1e-15  # of a path, in nats: floats can't express a probability closer to 1
_CHUNK_ROWS = 64  # rows that are decoded at once


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, probability and log_nll (see `decode`) of each row.

    The probability is that the whole transcript is right, a logistic function of log_nll. Raises
    `ValueError` on a logit that is not finite.
    """
    texts, log_nll = decode(outputs, postprocess["alphabet"], postprocess["lexicon"])
    log_odds = postprocess["slope"] * log_nll + postprocess["intercept"]
    probability = 1 / (1 + np.exp(-log_odds))
    return pd.DataFrame({"prediction": texts, "probability": probability, "log_nll": log_nll})


def numbers(postprocess: Mapping[str, Any]) -> list[str]:  # noqa: ARG001  # every kind of answer is asked in one way
    return ["probability", "log_nll"]


def decode(
    outputs: Mapping[str, np.ndarray], alphabet: str, lexicon: Mapping[str, Any] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts (n,) of the outputs, and the log-NLL of each (n,).

    Log-NLL: log(-log P(path)), with the probability of the path among all paths, without the
    lexicon's weights. It is low for confident answers.

    outputs: "logits" (n, T, K), and "frames" (n,): how many of a row's frames are valid; the others
        are padding at the end.
    alphabet: The letters of the classes 1, 2 …
    lexicon: `words` (W), and `follows` (W + 1, W + 1), the log-probabilities of a word (column)
        after another (row); row 0 is the begin of a text, the last column its end.

    Raises `ValueError` on a logit that is not finite.
    """
    logits = outputs["logits"]
    frames = outputs["frames"].reshape(-1).astype(int)
    graph = _build_graph(lexicon, alphabet) if lexicon else None

    texts = np.full(len(logits), "", object)
    nll = np.zeros(len(logits))
    # So that rows of similar length are decoded together.
    by_length = np.argsort(frames, kind="stable")
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
    """Return log softmax (n, T, K); in the padding the blank is certain, so that it changes no path.

    `frames` (n,) are the numbers of valid frames, and `rows` (n,) the row numbers for messages.
    Raises `ValueError` on a logit of a valid frame that is not finite.
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
    """Return the texts (n,) of the most probable paths, and the paths' log-probabilities (n,).

    `scores` are log-probabilities (n, T, K).
    """
    paths = scores.argmax(axis=2)
    is_change = np.diff(paths, axis=1, prepend=_BLANK) != 0
    letters = np.array(["", *alphabet], object)
    texts = ["".join(letters[path[changes]]) for path, changes in zip(paths, is_change, strict=True)]
    return np.array(texts, object), scores.max(axis=2).sum(axis=1)


@dataclass(frozen=True)
class _WordGraph:
    """The paths through a lexicon, as a graph of N nodes that each emit one class.

    Node 0 is the blank before the first word. Each of the W words is a run of nodes: its letters,
    each followed by a blank, then the space and a blank. A path stays at a node, or goes to the
    next one. It may skip a node before a letter or space, unless that would join two equal letters.

    word_numbers: The number of each word, from 0.
    separator: Between the words of a text: a space where the alphabet has one.
    classes: The class that each node emits (N,).
    may_skip: Whether a node may be entered from the last but one before it (N,).
    first_nodes: The first letter of each word (W,).
    end_nodes: The blank after the last letter of each word (W,).
    space_nodes: The space after each word (W,).
    transitions: The lexicon's `follows` (W + 1, W + 1).
    """

    word_numbers: dict[str, int]
    separator: str
    classes: np.ndarray
    may_skip: np.ndarray
    first_nodes: np.ndarray
    end_nodes: np.ndarray
    space_nodes: np.ndarray
    transitions: np.ndarray


def _build_graph(lexicon: Mapping[str, Any], alphabet: str) -> _WordGraph:
    """Return the graph of a lexicon, see `decode` and `_WordGraph`."""
    class_of = {letter: index for index, letter in enumerate(alphabet, start=1)}
    # Without a space in the alphabet, a blank separates the words.
    space = class_of.get(" ", _BLANK)

    runs: list[list[int]] = []
    for word in lexicon["words"]:
        letters = []
        for letter in word:
            letters += [class_of[letter], _BLANK]
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
    """Return for each greedy text whether it is surely the answer with the lexicon, too: (n,) bool.

    That is so if all of its words are in the lexicon, and all other paths together are less
    probable, even if the lexicon gave them probability 1. `path_scores` (n,) are the
    log-probabilities of the greedy paths.
    """
    is_settled = np.zeros(len(texts), bool)
    for row, text in enumerate(texts):
        # An outer space gives the word "".
        words = [graph.word_numbers.get(word, -1) for word in text.split(" ")]
        if min(words) < 0:
            continue

        previous_words = [0, *(word + 1 for word in words)]
        lexicon_score = graph.transitions[previous_words, [*words, -1]].sum()
        other_paths = max(-np.expm1(path_scores[row]), _SMALLEST_NLL)  # their total probability
        is_settled[row] = path_scores[row] + lexicon_score >= np.log(other_paths)
    return is_settled


def _decode_with_lexicon(scores: np.ndarray, frames: np.ndarray, graph: _WordGraph) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts (n,) of the most probable paths through the lexicon, and the paths' scores (n,).

    Viterbi's algorithm. `scores` are log-probabilities (n, T, K), of which the first `frames` (n,)
    are valid. A path's score is its log-probability without the lexicon's weights.
    """
    emissions = scores[:, :, graph.classes]  # (n, T, N)
    final_scores, predecessors = _search(emissions, frames, graph)

    # A text ends at the last letter of a word, or at the blank after it.
    last_nodes = np.concatenate([graph.end_nodes, graph.end_nodes - 1])
    text_scores = final_scores[:, last_nodes] + np.tile(graph.transitions[1:, -1], 2)
    # (n,), at a row's last frame; goes back from there.
    node = last_nodes[text_scores.argmax(axis=1)]

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
    """Return the score of the best path to each node at a row's last frame, (n, N), and all predecessors.

    `emissions` are log-probabilities (n, T, N), of which the first `frames` (n,) are valid. The
    predecessor of a node at a frame, (T, n, N), is the node before it on its best path; at frame 0
    it is node 0.
    """
    n_rows, n_frames, n_nodes = emissions.shape
    nodes = np.arange(n_nodes)
    # (2, W + 1): a word is left from its space or from the blank after it, the begin of a text from
    # node 0.
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
    """Return the best node from which to enter each word, and the score with the word's weight; both (n, W).

    `scores` (n, N) are those of the best paths to each node, and `exits` (2, W + 1) the nodes from
    which a word, or the begin of a text, can be left.
    """
    exit_scores = scores[:, exits]  # (n, 2, W + 1)
    better_exits = exit_scores.argmax(axis=1)

    # (n, word before, word).
    entry_scores = exit_scores.max(axis=1)[:, :, None] + graph.transitions[:, :-1]
    previous_words = entry_scores.argmax(axis=1)
    best_scores = np.take_along_axis(entry_scores, previous_words[:, None], axis=1)[:, 0]

    sides = np.take_along_axis(better_exits, previous_words, axis=1)
    return exits[sides, previous_words], best_scores
