"""Memorisation: how much of a text is copied, character for character, from training texts."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np


def count_copied_spans(
    texts: Sequence[str], training_texts: Iterable[str], *, span: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many spans of each of n texts are copied, and how many it has, both (n,).

    A span is any `span` successive characters of a text, so spans overlap; a shorter text has none.
    A span is copied if it stands in a training text.
    """
    # Only spans of `texts` are kept in memory: the training texts can have many millions.
    all_spans: set[str] = set()
    for text in texts:
        all_spans.update(_spans(text, span))

    training_spans: set[str] = set()
    for text in training_texts:
        training_spans |= all_spans.intersection(_spans(text, span))

    copied_counts = []
    span_counts = []
    for text in texts:
        is_copied = [part in training_spans for part in _spans(text, span)]
        copied_counts.append(sum(is_copied))
        span_counts.append(len(is_copied))
    return np.array(copied_counts), np.array(span_counts)


def _spans(text: str, span: int) -> Iterator[str]:
    """Return every stretch of `span` characters, from the first to the last."""
    return (text[start : start + span] for start in range(len(text) - span + 1))
