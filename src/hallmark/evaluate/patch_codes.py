"""Patch codes: a hash of each patch of a picture, to find and count patches whose pixels are all equal.

Pictures are (n, C, H, W), uint8; P is the number of places at which a patch fits into one.
"""

import numpy as np

_FREQUENT = 0.02  # a patch is frequent if at least this fraction of the training pictures has it …
_MIN_PICTURES = 5.0  # … and at least so many pictures
_MAX_CODES = 100  # frequent patches that are returned, at most

Shape = tuple[int, int]  # rows and columns of a patch


def draw_weights(channels: int, shape: Shape, *, seed: int) -> np.ndarray:
    """Return random factors (C, rows, columns), uint64, of the hash in `encode_patches`.

    They are odd, so that no pixel's difference is lost modulo 2^64.
    """
    random_factors = np.random.default_rng(seed).integers(1, 2**63, size=(channels, *shape), dtype=np.uint64)
    return np.asarray(random_factors | np.uint64(1))


def encode_patches(images: np.ndarray, weights: np.ndarray, *, even: bool = True) -> np.ndarray:
    """Return the code of each patch of pictures (n, C, H, W), uint64 (n, P): equal where all pixels are equal.

    weights: Those of `draw_weights`, which also give the patch's shape.
    even: False gives the code 0 to every even patch, in which each channel has one value only.
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
    """Return the codes that many pictures have, those first whose frequency depends most on the label.

    codes: (n, P) of n training pictures; 0 is ignored.
    targets: (n,) class indices.
    """
    distinct_codes, counts = count_by_label(codes, targets)
    is_frequent = counts.sum(axis=1) >= max(_MIN_PICTURES, _FREQUENT * len(codes))
    n_of_label = np.bincount(targets, minlength=counts.shape[1])
    shares = counts / np.maximum(n_of_label, 1)

    has_many_labels = counts.shape[1] > 2
    contrasts = shares.max(axis=1) - np.median(shares, axis=1) if has_many_labels else np.ptp(shares, axis=1)
    ranked = np.argsort(-np.where(is_frequent, contrasts, -1.0), kind="stable")[:_MAX_CODES]
    return np.asarray(distinct_codes[ranked[is_frequent[ranked]]])


def count_by_label(codes: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the D distinct codes other than 0, and how many pictures of each of K labels have them (D, K).

    `codes` (n, P) and `targets` (n,) are those of `frequent_codes`.
    """
    ordered = np.sort(codes, axis=1)
    is_first = np.ones(ordered.shape, bool)  # a picture counts once, however often it has a patch
    is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    is_first &= ordered != 0

    distinct_codes, places = np.unique(ordered[is_first], return_inverse=True)
    labels = np.repeat(targets, is_first.sum(axis=1))
    n_labels = int(targets.max()) + 1
    counts = np.bincount(places * n_labels + labels, minlength=len(distinct_codes) * n_labels)
    return distinct_codes, counts.reshape(len(distinct_codes), n_labels)
