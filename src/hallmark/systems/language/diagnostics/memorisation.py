"""Memorisation: how much of a text stands, word for word, in another."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np


def count_copied_spans(
    texts: Sequence[str], training_texts: Iterable[str], *, span: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many spans of `span` characters of each text stand in a training text, and how many it has, both (n,).

    All spans count, overlapping ones, too; a shorter text has none.
    """
    wanted_spans = {part for text in texts for part in _spans(text, span)}
    training_spans = {part for text in training_texts for part in _spans(text, span) if part in wanted_spans}

    copied_counts = [sum(part in training_spans for part in _spans(text, span)) for text in texts]
    span_counts = [max(0, len(text) - span + 1) for text in texts]
    return np.array(copied_counts), np.array(span_counts)


def _spans(text: str, span: int) -> Iterator[str]:
    return (text[start : start + span] for start in range(len(text) - span + 1))
