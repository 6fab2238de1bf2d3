"""The keys under `train.network` that several systems have, and the rules between them."""

from collections.abc import Iterator

from hallmark.config.section import Contradiction, setting

# Augmentation of pictures.
SHIFT = setting(0.0, ge=0, lt=1, meaning="augmentation: at most this share of the side, either way")
ROTATION = setting(0.0, ge=0, le=180, unit="degrees", meaning="augmentation: largest rotation, either way")
SCALE = setting(0.0, ge=0, lt=1, meaning="augmentation: at most this share larger or smaller")
FLIP = setting(False, meaning="augmentation: mirror half of the pictures left to right")


def uneven_heads(width: int, heads: int) -> Iterator[Contradiction]:
    """Yield the contradiction of a `width` that the heads of attention can't share evenly."""
    if width % heads:
        yield Contradiction("width", f"is {width}: it must be a multiple of train.network.heads, {heads}")
