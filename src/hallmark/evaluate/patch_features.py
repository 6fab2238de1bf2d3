"""Features of a picture that one small patch decides, wherever it lies.

No descriptor sees a stamp that moves about, so features are made of all small patches of a picture: how near any of
them comes to an even grey, how much any of them varies, whether one is there bit by bit, how near any comes to a
typical one, and what the pixels and the means at a fixed place are. Of these, the one that tells most of each label is
all that the predictor sees: an honest picture needs more than that.

Pictures are (n, C, H, W), uint8; P is the number of patches of a picture, F of features.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits

from hallmark.evaluate import patch_codes
from hallmark.evaluate.patch_codes import Shape

_SHAPES = ((2, 2), (4, 4), (1, 8), (8, 1))  # rows and columns of a patch
_GREY_LEVELS = range(0, 256, 8)  # that an even patch may have
_N_PROTOTYPES = 64  # typical patches, of all labels together
_MIN_VARIED = 4  # patches taken from each training picture, the most varied ones …
_MAX_VARIED = 2000  # … and all of a small picture's
_MAX_PLACES = 4096  # fixed places of pixels and of means
_CHUNK_PIXELS = 2**18  # of all channels, whose patches are in memory at once; of one picture at least


@dataclass(frozen=True)
class FeatureGroup:
    """Features that can be made of pictures.

    names: (F) what each is, in words.
    compute_at: Pictures (n, C, H, W) and numbers of features (f,) → the values of these features, float32 (n, f).
    """

    names: tuple[str, ...]
    compute_at: Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class SelectedFeatures:
    """The features that the predictor sees: of each group, the numbers of those that were selected."""

    selections: tuple[tuple[FeatureGroup, np.ndarray], ...]

    @property
    def names(self) -> list[str]:
        """Their names, each once."""
        names = [group.names[number] for group, numbers in self.selections for number in numbers]
        return list(dict.fromkeys(names))

    def compute(self, images: np.ndarray) -> np.ndarray:
        """Return the features (n, F), float32, of pictures (n, C, H, W)."""
        return np.concatenate([group.compute_at(images, numbers) for group, numbers in self.selections], axis=1)


@dataclass(frozen=True)
class _Candidate:
    group: FeatureGroup
    number: int
    contrast: float  # how far the ROC AUC of its label against all others is from a half


def select_features(images: np.ndarray, targets: np.ndarray, *, seed: int) -> SelectedFeatures:
    """Select, for each label, the feature that separates its training pictures best from all others, by ROC AUC."""
    best: dict[int, _Candidate] = {}
    for group in _feature_groups(images, targets, seed=seed):
        values = group.compute_at(images, np.arange(len(group.names)))
        ranks = rankdata(values, axis=0)
        for label in np.unique(targets):
            contrasts = np.abs(_areas_under_roc(ranks, targets == label) - 0.5)
            number = int(contrasts.argmax())
            if label not in best or contrasts[number] > best[label].contrast:
                best[label] = _Candidate(group, number, float(contrasts[number]))

    numbers_by_group: dict[int, tuple[FeatureGroup, list[int]]] = {}
    for candidate in best.values():
        _, numbers = numbers_by_group.setdefault(id(candidate.group), (candidate.group, []))
        if candidate.number not in numbers:
            numbers.append(candidate.number)
    return SelectedFeatures(tuple((group, np.array(numbers)) for group, numbers in numbers_by_group.values()))


def _areas_under_roc(ranks: np.ndarray, is_own: np.ndarray) -> np.ndarray:
    """Return the ROC AUC (F,) of features by their ranks (n, F), the pictures `is_own` (n,) against all others."""
    n_own = is_own.sum()
    n_others = max(len(is_own) - n_own, 1)
    return np.asarray((ranks[is_own].mean(axis=0) - (n_own + 1) / 2) / n_others)


def _feature_groups(images: np.ndarray, targets: np.ndarray, *, seed: int) -> list[FeatureGroup]:
    """Return all features that there are; typical and repeated patches are learned from the training pictures."""
    _, channels, height, width = images.shape
    shapes = patch_shapes(height, width)
    square_sides = [rows for rows, columns in shapes if rows == columns]

    groups = [_pixels((channels, height, width))]
    groups += [_even_patches(channels, shape) for shape in shapes]
    for side in square_sides:
        repeated = _repeated_patches(images, targets, (side, side), seed=seed)
        if repeated.names:
            groups.append(repeated)
    if square_sides:
        largest_side = square_sides[-1]
        groups.append(_patch_means((channels, height, width), largest_side))
        groups.append(typical_patches(images, targets, largest_side, seed=seed))
    return groups


def patch_shapes(height: int, width: int) -> list[Shape]:
    """Return the shapes of patches, rows and columns: none holds more than a quarter of the picture."""
    return [
        (rows, columns)
        for rows, columns in _SHAPES
        if rows * columns * 4 <= height * width and rows <= height and columns <= width
    ]


def _spacing(shape: tuple[int, ...]) -> int:
    """Return every how many pixels a fixed place lies: 1, and more in a picture (C, H, W) with too many."""
    return int(np.ceil(np.sqrt(np.prod(shape) / _MAX_PLACES)))


def _pixels(shape: tuple[int, int, int]) -> FeatureGroup:
    """The pixels at their places; in a large picture every few of them."""
    channels, height, width = shape
    step = _spacing(shape)
    places = np.array(
        [(c, y, x) for c in range(channels) for y in range(0, height, step) for x in range(0, width, step)]
    )

    def compute_at(images: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        channel, row, column = places[numbers].T
        return images[:, channel, row, column].astype(np.float32)

    names = tuple(f"the pixel in row {row}, column {column}" for _, row, column in places)
    return FeatureGroup(names, compute_at)


def _patch_means(shape: tuple[int, int, int], side: int) -> FeatureGroup:
    """The mean of the patches at fixed places, half overlapping: a faint mark stands out where noise averages out."""
    channels, height, width = shape
    step = max(side // 2, _spacing(shape))
    rows = range(0, height - side + 1, step)
    columns = range(0, width - side + 1, step)
    corners = [(c, y, x) for c in range(channels) for y in rows for x in columns]

    def compute_at(images: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        means = []
        for c, y, x in (corners[number] for number in numbers):
            means.append(images[:, c, y : y + side, x : x + side].mean(axis=(1, 2)))
        return np.stack(means, axis=1).astype(np.float32)

    names = tuple(f"the mean of the {side} x {side} patch in row {y}, column {x}" for _, y, x in corners)
    return FeatureGroup(names, compute_at)


def _even_patches(channels: int, shape: Shape) -> FeatureGroup:
    """How near any patch comes to each even grey (the largest distance of its pixels), and how much any one varies."""
    patch = f"{shape[0]} x {shape[1]} patch"
    names = [f"an even {patch} of grey {level} of 255" for level in _GREY_LEVELS]
    names += [f"the most varied {patch}", f"the darkest {patch}", f"the brightest {patch}"]
    n_kinds = len(names)

    def compute_at(images: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        columns = {}
        for channel in sorted({number // n_kinds for number in numbers}):
            darkest, brightest = _patch_extremes(images[:, channel], shape)
            for number in numbers[numbers // n_kinds == channel]:
                columns[number] = _evenness(darkest, brightest, number % n_kinds)
        return np.stack([columns[number] for number in numbers], axis=1).astype(np.float32)

    return FeatureGroup(tuple(names * channels), compute_at)


def _evenness(darkest: np.ndarray, brightest: np.ndarray, kind: int) -> np.ndarray:
    """Return (n,) of the darkest and brightest pixels (n, P) of the patches: nearness to a level, or an extreme."""
    if kind < len(_GREY_LEVELS):
        level = _GREY_LEVELS[kind]
        distances = np.maximum(brightest - level, level - darkest)
        return np.asarray(-distances.min(axis=1))

    extremes = [(brightest - darkest).max(axis=1), brightest.min(axis=1), darkest.max(axis=1)]
    return np.asarray(extremes[kind - len(_GREY_LEVELS)])


def _patch_extremes(images: np.ndarray, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return the darkest and the brightest pixel (n, P), int16, of each patch of one channel (n, H, W)."""
    darkest = brightest = images.astype(np.int16)
    for axis, side in zip((1, 2), shape, strict=True):
        size = darkest.shape[axis] - side + 1
        windows = [range(start, start + size) for start in range(side)]
        darkest = np.minimum.reduce([np.take(darkest, window, axis) for window in windows])
        brightest = np.maximum.reduce([np.take(brightest, window, axis) for window in windows])
    return darkest.reshape(len(images), -1), brightest.reshape(len(images), -1)


def _repeated_patches(images: np.ndarray, targets: np.ndarray, shape: Shape, *, seed: int) -> FeatureGroup:
    """Whether a patch that many training pictures of one label hold, bit by bit, is there. Even patches don't count."""
    weights = patch_codes.draw_weights(images.shape[1], shape, seed=seed)
    train_codes = patch_codes.encode_patches(images, weights, even=False)
    frequent_codes = patch_codes.frequent_codes(train_codes, targets)

    def compute_at(some_images: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        codes = patch_codes.encode_patches(some_images, weights, even=False)
        is_there = [(codes == code).any(axis=1) for code in frequent_codes[numbers]]
        return np.stack(is_there, axis=1).astype(np.float32)

    name = f"a {shape[0]} x {shape[1]} patch that is repeated bit by bit"
    return FeatureGroup((name,) * len(frequent_codes), compute_at)


def typical_patches(images: np.ndarray, targets: np.ndarray, side: int, *, seed: int) -> FeatureGroup:
    """How near any patch comes to each of some typical ones, which stand for the patches of each label (k-means)."""
    labels = np.unique(targets)
    n_prototypes = _N_PROTOTYPES // len(labels) + 1
    prototypes = np.concatenate(
        [_fit_prototypes(images[targets == label], side, n_prototypes, seed) for label in labels]
    )

    def compute_at(some_images: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        chosen = prototypes[numbers]
        squared_lengths = (chosen**2).sum(axis=1)
        nearness = []
        for chunk in _chunks(some_images):
            patches = _flat_patches(chunk, side)
            # Minus the squared distance of a patch p to a prototype c: 2 p·c - |c|² - |p|².
            minus_distances = (
                (patches @ chosen.T) * np.float32(2) - squared_lengths - (patches**2).sum(axis=2)[:, :, None]
            )
            nearness.append(minus_distances.max(axis=1))
        return np.concatenate(nearness)

    return FeatureGroup((f"a {side} x {side} patch of a certain look",) * len(prototypes), compute_at)


def _chunks(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the pictures in parts of at most `_CHUNK_PIXELS` pixels, or of one picture where that has more."""
    step = max(1, _CHUNK_PIXELS // int(np.prod(images.shape[1:])))
    for start in range(0, len(images), step):
        yield images[start : start + step]


def _fit_prototypes(images: np.ndarray, side: int, n_prototypes: int, seed: int) -> np.ndarray:
    """Return the centres (K, C · side²) of clusters of the most varied patches."""
    patches = np.concatenate([_most_varied_patches(chunk, side) for chunk in _chunks(images)])
    n_clusters = min(n_prototypes, len(np.unique(patches, axis=0)))
    with threadpool_limits(1):
        clusters = MiniBatchKMeans(n_clusters, n_init=1, random_state=seed, batch_size=1024).fit(patches)
    return np.asarray(clusters.cluster_centers_, np.float32)


def _most_varied_patches(images: np.ndarray, side: int) -> np.ndarray:
    """Return the patches (n · few, C · side²) of each picture that vary most."""
    patches = _flat_patches(images, side)
    n_patches = patches.shape[1]
    n_taken = min(max(_MIN_VARIED, _MAX_VARIED // n_patches), n_patches)
    most_varied = np.argpartition(-patches.std(axis=2), n_taken - 1, axis=1)[:, :n_taken]
    return np.take_along_axis(patches, most_varied[:, :, None], axis=1).reshape(-1, patches.shape[2])


def _flat_patches(images: np.ndarray, side: int) -> np.ndarray:
    """Return all patches (n, P, C · side²), float32 from 0 to 1."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(-2, -1))
    by_place = windows.transpose(0, 2, 3, 1, 4, 5)  # (n, rows, columns, C, side, side)
    n_patches = by_place.shape[1] * by_place.shape[2]
    return by_place.reshape(len(images), n_patches, -1).astype(np.float32) / np.float32(255)
