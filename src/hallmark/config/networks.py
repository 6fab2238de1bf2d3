"""Rules between keys of the shipped networks that several systems have."""

from collections.abc import Iterator

from hallmark.config.section import Contradiction


def uneven_heads(width: int, heads: int) -> Iterator[Contradiction]:
    """Yield the contradiction of a `width` that the heads of attention can't share evenly."""
    if width % heads:
        yield Contradiction("width", f"is {width}: it must be a multiple of train.network.heads, {heads}")
