"""Patches that lie in many pictures bit by bit: a stamp does, what a camera sees does not.

Of honest pictures (digits, Fashion-MNIST, phantom scans) no patch lies bit by bit in more than 7 % of one label's
pictures and in hardly any other's. So one that lies in 15 % of them is a stamp, even where most pictures of the label
have none, and the model may go by it there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_FREQUENT = 0.02  # fraction of all training pictures that hold a patch, for it to be asked after
_MOST = 100  # such patches
_OWN = 0.15  # fraction of a label's training pictures that hold a patch of its own
_OTHERS = 0.02  # fraction of that at which other labels' pictures may hold it
_EXPECTED = 30  # pictures of other labels that would hold it if they did as often: with fewer, chance leaves them out

Shape = tuple[int, int]  # rows and columns of a patch


@dataclass(frozen=True)
class OwnPatch:
    """A patch of one label's own: its `code` under `weights`, and the `share` of the label's training pictures."""

    label: int
    code: np.uint64
    weights: np.ndarray
    share: float

    @property
    def shape(self) -> Shape:
        return self.weights.shape[1], self.weights.shape[2]

    def lies_in(self, images: np.ndarray) -> np.ndarray:
        """Return which pictures (n, C, H, W) hold it, (n,)."""
        return np.asarray((codes(images, self.weights) == self.code).any(axis=1))


def weights(channels: int, shape: Shape, *, seed: int) -> np.ndarray:
    """Return odd random factors (C, rows, columns) for `codes`."""
    drawn = np.random.default_rng(seed).integers(1, 2**63, size=(channels, *shape), dtype=np.uint64)
    return np.asarray(drawn | np.uint64(1))


def codes(images: np.ndarray, weights: np.ndarray, *, even: bool = True) -> np.ndarray:
    """Return a code (n, P) of each patch, equal where all its pixels are; without `even`, 0 where they are all one."""
    channels, rows, columns = weights.shape
    height, width = images.shape[2] - rows + 1, images.shape[3] - columns + 1
    found = np.zeros((len(images), height, width), np.uint64)
    varied = np.full((len(images), height, width), even)
    for channel in range(channels):
        corner = images[:, channel, :height, :width]
        for row in range(rows):
            for column in range(columns):
                pixels = images[:, channel, row : row + height, column : column + width]
                found += weights[channel, row, column] * (pixels.astype(np.uint64) + np.uint64(1))  # modulo 2^64
                varied |= pixels != corner
    return np.where(varied, found, np.uint64(0)).reshape(len(images), -1)


def frequent(codes: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the codes that many pictures hold, those first that stand with one label most."""
    known, counts = _counts(codes, targets)
    often = counts.sum(axis=1) >= max(5.0, _FREQUENT * len(codes))
    shares = counts / np.maximum(np.bincount(targets, minlength=counts.shape[1]), 1)

    several = counts.shape[1] > 2
    contrasts = shares.max(axis=1) - np.median(shares, axis=1) if several else np.ptp(shares, axis=1)
    order = np.argsort(-np.where(often, contrasts, -1.0), kind="stable")[:_MOST]
    return np.asarray(known[order[often[order]]])


def own_patches(images: np.ndarray, targets: np.ndarray, shapes: list[Shape], *, seed: int) -> Iterator[OwnPatch]:
    """Yield, for each label that has any, the patch that most of its training pictures hold and hardly any others."""
    totals = np.bincount(targets)
    best: dict[int, OwnPatch] = {}
    for shape in shapes:
        factors = weights(images.shape[1], shape, seed=seed)
        known, counts = _counts(codes(images, factors), targets)
        for label in np.flatnonzero(totals):
            others = totals.sum() - totals[label]
            shares = counts[:, label] / totals[label]
            other_shares = (counts.sum(axis=1) - counts[:, label]) / max(others, 1)
            own = (shares >= _OWN) & (other_shares <= _OTHERS * shares) & (shares * others >= _EXPECTED)
            if own.any():
                place = int(np.where(own, shares, -1).argmax())
                found = OwnPatch(int(label), known[place], factors, float(shares[place]))
                best[label] = max(best.get(label, found), found, key=lambda patch: patch.share)
    yield from best.values()


def _counts(codes: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct codes (D,) but 0, and how many pictures of each label hold them (D, K)."""
    ordered = np.sort(codes, axis=1)
    first = np.ones(ordered.shape, bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first &= ordered != 0

    known, places = np.unique(ordered[first], return_inverse=True)
    labels = np.repeat(targets, first.sum(axis=1))
    classes = int(targets.max()) + 1
    counts = np.bincount(places * classes + labels, minlength=len(known) * classes)
    return known, counts.reshape(len(known), classes)
