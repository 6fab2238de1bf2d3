"""How much of a text stands, word for word, in another."""

from collections.abc import Iterable, Sequence

import numpy as np


def copied(texts: Sequence[str], training: Iterable[str], *, span: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each text how many of its spans of `span` characters stand in a training text, and how many spans it
    has, both (n,): all of them, overlapping; none where the text is shorter."""
    wanted = {part for text in texts for part in spans(text, span)}
    found = {part for text in training for part in spans(text, span) if part in wanted}
    own = [[part in found for part in spans(text, span)] for text in texts]
    return np.array([sum(hits) for hits in own]), np.array([len(hits) for hits in own])


def spans(text: str, span: int) -> Iterable[str]:
    return (text[at : at + span] for at in range(len(text) - span + 1))
