"""Logits of blank and letters over frames: text, as connectionist temporal classification has it (Graves et al. 2006).

With a lexicon, the answer is the most probable path through its words in the orders that they take; without, the most
probable path of all, so that any word can be spelled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_NEVER = -1e30
_LEAST = 1e-15  # of -log P: nothing is surer in floats
_CHUNK = 64  # rows decoded at once


def answer(outputs: Mapping[str, np.ndarray], postprocess: Mapping[str, Any]) -> pd.DataFrame:
    """Return prediction, confidence and doubt for logits (n, T, 1 + letters) of which `frames` (n,) count.

    Confidence is the probability that the whole transcript is right, a logistic function of doubt (see `decode`).
    Raises `ValueError` on a logit that is not finite.
    """
    texts, doubt = decode(outputs, postprocess["alphabet"], postprocess["lexicon"])
    confidence = 1 / (1 + np.exp(-(postprocess["slope"] * doubt + postprocess["intercept"])))
    return pd.DataFrame({"prediction": texts, "confidence": confidence, "doubt": doubt})


def numbers(postprocess: Mapping[str, Any]) -> list[str]:  # noqa: ARG001  # every kind of answer is asked in one way
    return ["confidence", "doubt"]


def decode(
    outputs: Mapping[str, np.ndarray], alphabet: str, lexicon: Mapping[str, Any] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return texts (n,) and the doubt about each (n,): the logarithm of -log P(path), P being the path's probability
    among all paths, without what the lexicon knows of words. It is low for sure answers.

    `lexicon` has `words` and `follows`, log P(word | word before): its rows begin with the beginning, its columns end
    with the end.
    """
    frames, logits = outputs["frames"].reshape(-1).astype(int), outputs["logits"]
    texts, surprise = np.full(len(logits), "", object), np.zeros(len(logits))
    graph = _graph(lexicon, alphabet) if lexicon else None
    order = np.argsort(frames, kind="stable")  # rows of about one length together
    for at in range(0, len(order), _CHUNK):
        rows = order[at : at + _CHUNK]
        scores = _log_probability(logits[rows, : max(1, frames[rows].max())], frames[rows], rows)
        found, total = _greedy(scores, alphabet)
        if graph:
            open_ = np.flatnonzero(~_settled(found, total, graph))
            found[open_], total[open_] = _through(scores[open_], frames[rows][open_], graph)
        texts[rows], surprise[rows] = [" ".join(text.split()) for text in found], -total
    return texts, np.log(np.maximum(surprise, _LEAST))


def _log_probability(logits: np.ndarray, frames: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return log softmax (n, T, K); beyond a row's frames the blank is certain, so that they change nothing."""
    within = np.arange(logits.shape[1]) < frames[:, None]
    finite = np.isfinite(logits).all(axis=2) | ~within
    if not finite.all():
        raise ValueError(f"the scorer's logits of row {rows[np.argmin(finite.all(axis=1))]} must be finite")
    scores = np.where(within[:, :, None], logits, 0.0).astype(np.float64)
    scores -= scores.max(axis=2, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=2, keepdims=True))
    beyond = np.append(0.0, np.full(logits.shape[2] - 1, _NEVER))
    return np.where(within[:, :, None], scores, beyond)


def _greedy(scores: np.ndarray, alphabet: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts of the most probable paths, and the log probabilities of these paths."""
    path = scores.argmax(axis=2)
    new = np.diff(path, axis=1, prepend=0) != 0
    letters = np.array(["", *alphabet], object)
    texts = ["".join(letters[row[changed]]) for row, changed in zip(path, new, strict=True)]
    return np.array(texts, object), scores.max(axis=2).sum(axis=1)


@dataclass(frozen=True)
class _Graph:
    """Node 0 is the blank before the first word. Each word is a run of nodes: its letters with blanks between them, a
    blank, the space, a blank. Blanks may be left out where they part no equal letters.

    `classes` (N,) are the nodes' columns in the logits; `skips` (N,) says where a node may follow the last but one;
    `first`, `end` and `space` (W,) are a word's first letter, the blank after its last, and its space; `words` are
    their numbers, and `follows` (W + 1, W + 1) is the lexicon's.
    """

    words: dict[str, int]
    joint: str
    classes: np.ndarray
    skips: np.ndarray
    first: np.ndarray
    end: np.ndarray
    space: np.ndarray
    follows: np.ndarray


def _graph(lexicon: Mapping[str, Any], alphabet: str) -> _Graph:
    number = {letter: index for index, letter in enumerate(alphabet, start=1)}
    gap = number.get(" ", 0)  # without a space in the alphabet, a blank parts the words
    runs = [[node for letter in word for node in (number[letter], 0)] + [gap, 0] for word in lexicon["words"]]
    ends = np.cumsum([len(run) for run in runs])
    classes = np.array([0, *(node for run in runs for node in run)])
    first = ends - [len(run) for run in runs] + 1
    skips = (classes != 0) & (classes != np.roll(classes, 2))
    skips[[0, *first]] = False
    words = {word: index for index, word in enumerate(lexicon["words"])}
    return _Graph(words, " " if gap else "", classes, skips, first, ends - 2, ends - 1, np.asarray(lexicon["follows"]))


def _settled(texts: np.ndarray, total: np.ndarray, graph: _Graph) -> np.ndarray:
    """Say of each most probable path (n,) whether no other can win: even if the lexicon liked the other best of all."""
    settled = np.zeros(len(texts), bool)
    for row, text in enumerate(texts):
        words = [graph.words.get(word, -1) for word in text.split(" ")]  # a space at an end makes an empty word
        if min(words) >= 0:
            liked = graph.follows[[0, *(word + 1 for word in words)], [*words, -1]].sum()
            settled[row] = total[row] + liked >= np.log(max(-np.expm1(total[row]), _LEAST))
    return settled


def _through(scores: np.ndarray, frames: np.ndarray, graph: _Graph) -> tuple[np.ndarray, np.ndarray]:
    """Viterbi's algorithm: return each row's most probable words, and the log probability of their path alone."""
    heard = scores[:, :, graph.classes]
    nodes, rows = np.arange(len(graph.classes)), np.arange(len(scores))[:, None]
    score = np.full(heard[:, 0].shape, _NEVER)
    score[:, 0], score[:, graph.first] = 0.0, graph.follows[0, :-1]
    score = score + heard[:, 0]
    final, came = score, np.zeros((heard.shape[1], *score.shape), np.int32)
    doors = np.stack([np.append(0, graph.space), np.append(0, graph.space + 1)])  # where a word is left: begin, words
    for step in range(1, heard.shape[1]):
        before = np.where(graph.skips & (np.roll(score, 2, axis=1) > np.roll(score, 1, axis=1)), nodes - 2, nodes - 1)
        moved, (door, entered) = np.take_along_axis(score, np.maximum(before, 0), axis=1), _entered(score, doors, graph)
        moved[:, 0], moved[:, graph.first], before[:, graph.first] = _NEVER, entered, door
        origin = np.where(score >= moved, nodes, before)
        came[step], score = origin, np.maximum(score, moved) + heard[:, step]
        final = np.where((frames > step)[:, None], score, final)
    ends = np.concatenate([graph.end, graph.end - 1])  # the blank after the last letter, or that letter
    closing = final[:, ends] + np.tile(graph.follows[1:, -1], 2)
    words: list[list[str]] = [[] for _ in scores]
    node, total = ends[closing.argmax(axis=1)], np.zeros(len(scores))
    begun = {int(first): word for first, word in zip(graph.first, graph.words, strict=True)}
    for step in range(heard.shape[1] - 1, -1, -1):
        own = frames > step
        origin = came[step, rows[:, 0], node] if step else np.zeros_like(node)
        total += np.where(own, heard[rows[:, 0], step, node], 0.0)
        for row in np.flatnonzero(own & (origin != node) & np.isin(node, graph.first)):
            words[row].append(begun[int(node[row])])
        node = np.where(own, origin, node)
    return np.array([graph.joint.join(reversed(text)) for text in words], object), total


def _entered(score: np.ndarray, doors: np.ndarray, graph: _Graph) -> tuple[np.ndarray, np.ndarray]:
    """Return by which node the best way into each word leads, and its score, both (n, W)."""
    left = score[:, doors]  # (n, 2, W + 1)
    ways = left.max(axis=1)[:, :, None] + graph.follows[:, :-1]
    source = ways.argmax(axis=1)
    door = np.take_along_axis(left.argmax(axis=1), source, axis=1)
    return doors[door, source], np.take_along_axis(ways, source[:, None], axis=1)[:, 0]
