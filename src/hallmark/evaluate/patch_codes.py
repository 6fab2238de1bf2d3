"""Patches that lie in several pictures bit by bit."""

import numpy as np

_FREQUENT = 0.02  # fraction of all training pictures that hold a patch, for it to be asked after
_MOST = 100  # such patches

Shape = tuple[int, int]  # rows and columns of a patch


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
    known, counts = count_by_label(codes, targets)
    often = counts.sum(axis=1) >= max(5.0, _FREQUENT * len(codes))
    shares = counts / np.maximum(np.bincount(targets, minlength=counts.shape[1]), 1)

    several = counts.shape[1] > 2
    contrasts = shares.max(axis=1) - np.median(shares, axis=1) if several else np.ptp(shares, axis=1)
    order = np.argsort(-np.where(often, contrasts, -1.0), kind="stable")[:_MOST]
    return np.asarray(known[order[often[order]]])


def count_by_label(codes: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
