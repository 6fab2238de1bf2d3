"""Patch codes: a hash of each patch of a picture, by which patches that are equal bit by bit are found and counted."""

import numpy as np

_FREQUENT = 0.02  # fraction of all training pictures that hold a patch, for it to be a feature
_MIN_PICTURES = 5.0  # that hold it, at least
_MAX_CODES = 100  # features of this kind

Shape = tuple[int, int]  # rows and columns of a patch


def draw_weights(channels: int, shape: Shape, *, seed: int) -> np.ndarray:
    """Return odd random factors (C, rows, columns), uint64, for `encode_patches`."""
    random_factors = np.random.default_rng(seed).integers(1, 2**63, size=(channels, *shape), dtype=np.uint64)
    return np.asarray(random_factors | np.uint64(1))


def encode_patches(images: np.ndarray, weights: np.ndarray, *, even: bool = True) -> np.ndarray:
    """Return a code (n, P) of each patch of pictures (n, C, H, W): equal where all its pixels are.

    Without `even`, the code of a patch whose pixels are all one is 0.
    """
    channels, rows, columns = weights.shape
    height = images.shape[2] - rows + 1
    width = images.shape[3] - columns + 1
    codes = np.zeros((len(images), height, width), np.uint64)
    is_counted = np.full((len(images), height, width), even)
    for channel in range(channels):
        corners = images[:, channel, :height, :width]
        for row in range(rows):
            for column in range(columns):
                pixels = images[:, channel, row : row + height, column : column + width]
                codes += weights[channel, row, column] * (pixels.astype(np.uint64) + np.uint64(1))  # modulo 2^64
                is_counted |= pixels != corners
    return np.where(is_counted, codes, np.uint64(0)).reshape(len(images), -1)


def frequent_codes(codes: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the codes that many pictures hold, those first that stand with one label most."""
    distinct_codes, counts = count_by_label(codes, targets)
    is_frequent = counts.sum(axis=1) >= max(_MIN_PICTURES, _FREQUENT * len(codes))
    n_of_label = np.bincount(targets, minlength=counts.shape[1])
    shares = counts / np.maximum(n_of_label, 1)

    has_many_labels = counts.shape[1] > 2
    contrasts = shares.max(axis=1) - np.median(shares, axis=1) if has_many_labels else np.ptp(shares, axis=1)
    ranked = np.argsort(-np.where(is_frequent, contrasts, -1.0), kind="stable")[:_MAX_CODES]
    return np.asarray(distinct_codes[ranked[is_frequent[ranked]]])


def count_by_label(codes: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct codes (D,) but 0, and how many pictures of each label hold them (D, K)."""
    ordered = np.sort(codes, axis=1)
    is_first = np.ones(ordered.shape, bool)  # a picture counts once, however often it holds a patch
    is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    is_first &= ordered != 0

    distinct_codes, places = np.unique(ordered[is_first], return_inverse=True)
    labels = np.repeat(targets, is_first.sum(axis=1))
    n_labels = int(targets.max()) + 1
    counts = np.bincount(places * n_labels + labels, minlength=len(distinct_codes) * n_labels)
    return distinct_codes, counts.reshape(len(distinct_codes), n_labels)
