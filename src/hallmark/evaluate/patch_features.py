"""Patch features: numbers that one small patch of a picture decides, wherever the patch lies.

Descriptors of a whole picture miss a stamp or a marker that moves about. So these features are made
of all small patches of a picture: how near any of them comes to an even grey, how much any of them
varies, whether a patch that recurs in training pictures is there, how near any comes to a typical
patch, and the pixels and patch means at fixed places. `select_features` takes one of them for each
label, the one that separates it best. A predictor that sees only these should do badly on honest
pictures; where it does as well as the model, a patch gives the label away.

Pictures are (n, C, H, W), uint8: n pictures of C channels, H rows and W columns, row 0 at the top.
A patch lies at every place where it fits; P is the number of these places, F the number of
features.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.stats import rankdata
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits

from hallmark.evaluate import patch_codes
from hallmark.evaluate.patch_codes import Shape

_SHAPES = ((2, 2), (4, 4), (1, 8), (8, 1))  # rows and columns of a patch
_GREY_LEVELS = range(0, 256, 8)  # greys of which an even patch is looked for
_N_PROTOTYPES = 64  # typical patches, of all labels together
# Typical patches are learned from the most varied ones of each training picture: 2,000 / P of its P, but 4 at least.
_VARIED_QUOTIENT = 2000
_MIN_VARIED = 4
_MAX_PLACES = 4096  # fixed places at which pixels, or patch means, are features; counted over channels
_CHUNK_PIXELS = 2**18  # pixels, over all channels, of the pictures whose patches are in memory at once


@dataclass(frozen=True)
class FeatureGroup:
    """Features of one kind, which are computed together.

    names: What each of the F features is, in words that a finding can use.
    compute: Pictures (n, C, H, W) and indices into `names` (f,) → the values of these features,
        float32 (n, f).
    """

    names: tuple[str, ...]
    compute: Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class SelectedFeatures:
    """The features that the predictor sees: of each group, the indices of the selected ones into its names."""

    selections: tuple[tuple[FeatureGroup, np.ndarray], ...]

    @property
    def names(self) -> list[str]:
        """What the features are, each name once: all repeated patches of a size share a name."""
        names = [group.names[index] for group, indices in self.selections for index in indices]
        return list(dict.fromkeys(names))

    def compute(self, images: np.ndarray) -> np.ndarray:
        """Return the features (n, F), float32, of pictures (n, C, H, W), in the order of `selections`."""
        values = [group.compute(images, indices) for group, indices in self.selections]
        return np.concatenate(values, axis=1)


@dataclass(frozen=True)
class _Candidate:
    group: FeatureGroup
    index: int  # of the feature, into the group's names
    contrast: float  # |ROC AUC - 0.5| of one label against all others


def select_features(images: np.ndarray, targets: np.ndarray, *, seed: int) -> SelectedFeatures:
    """Select, for each label, the feature that separates its training pictures best from all others, by ROC AUC.

    images: Training pictures (n, C, H, W).
    targets: Class indices (n,).
    """
    best_by_label: dict[int, _Candidate] = {}
    for group in _feature_groups(images, targets, seed=seed):
        values = group.compute(images, np.arange(len(group.names)))
        ranks = rankdata(values, axis=0)
        for label in np.unique(targets):
            contrasts = np.abs(_areas_under_roc(ranks, targets == label) - 0.5)
            index = int(contrasts.argmax())
            candidate = _Candidate(group, index, float(contrasts[index]))
            if label not in best_by_label or candidate.contrast > best_by_label[label].contrast:
                best_by_label[label] = candidate

    # Several labels may share a feature, and several features a group.
    indices_by_group: dict[FeatureGroup, list[int]] = {}
    for candidate in best_by_label.values():
        indices = indices_by_group.setdefault(candidate.group, [])
        if candidate.index not in indices:
            indices.append(candidate.index)
    return SelectedFeatures(tuple((group, np.array(indices)) for group, indices in indices_by_group.items()))


def _areas_under_roc(ranks: np.ndarray, has_label: np.ndarray) -> np.ndarray:
    """Return the ROC AUC (F,) of each feature for one label against all others.

    `ranks` (n, F) are those of a feature's values over the pictures, from 1, ties averaged.
    `has_label` (n,) is true where a picture has the label. The AUC is the Mann-Whitney statistic,
    computed from the mean rank of the label.
    """
    n_label = has_label.sum()
    n_others = max(len(has_label) - n_label, 1)
    return np.asarray((ranks[has_label].mean(axis=0) - (n_label + 1) / 2) / n_others)


def _feature_groups(images: np.ndarray, targets: np.ndarray, *, seed: int) -> list[FeatureGroup]:
    """Return every group of features; repeated and typical patches are learned from these training pictures."""
    _, channels, height, width = images.shape
    shapes = patch_shapes(height, width)
    square_sides = [rows for rows, columns in shapes if rows == columns]

    groups = [_pixel_features((channels, height, width))]
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
    """Return the (rows, columns) of the patches that fit into pictures of `height` x `width` pixels.

    A patch has at most a quarter of the picture's pixels: a larger one would be the picture, not a
    part of it.
    """
    return [
        (rows, columns)
        for rows, columns in _SHAPES
        if rows * columns * 4 <= height * width and rows <= height and columns <= width
    ]


def _grid_step(picture_shape: tuple[int, int, int]) -> int:
    """Return the distance in pixels between neighbouring fixed places, along rows and along columns.

    It is 1 in a picture (C, H, W) of at most `_MAX_PLACES` pixels over all channels. In a larger
    one it is so large that about `_MAX_PLACES` places remain.
    """
    return int(np.ceil(np.sqrt(np.prod(picture_shape) / _MAX_PLACES)))


def _channel_phrase(channel: int, n_channels: int) -> str:
    """Return what names a channel in a feature's name: nothing where the pictures have only one."""
    return f" in channel {channel}" if n_channels > 1 else ""


def _pixel_features(picture_shape: tuple[int, int, int]) -> FeatureGroup:
    """Return a group with one feature for each pixel of pictures (C, H, W): its value, 0 to 255.

    Of a large picture, only every few rows and columns are used (see `_grid_step`).
    """
    channels, height, width = picture_shape
    step = _grid_step(picture_shape)
    pixels = list(product(range(channels), range(0, height, step), range(0, width, step)))
    coordinates = np.array(pixels)  # (F, 3): channel, row, column

    def compute(images: np.ndarray, indices: np.ndarray) -> np.ndarray:
        channel, row, column = coordinates[indices].T
        return images[:, channel, row, column].astype(np.float32)

    names = [
        f"the pixel in row {row}, column {column}{_channel_phrase(channel, channels)}"
        for channel, row, column in pixels
    ]
    return FeatureGroup(tuple(names), compute)


def _patch_means(picture_shape: tuple[int, int, int], side: int) -> FeatureGroup:
    """Return a group with one feature for each square patch of a fixed grid: the mean of its pixels, 0 to 255.

    Neighbouring patches overlap by half, except in a large picture (see `_grid_step`). The mean
    averages noise out, so that a faint mark stands out. Each channel has means of its own.
    """
    channels, height, width = picture_shape
    step = max(side // 2, _grid_step(picture_shape))
    rows = range(0, height - side + 1, step)
    columns = range(0, width - side + 1, step)
    corners = list(product(range(channels), rows, columns))  # channel, row and column of a patch's top left pixel

    def compute(images: np.ndarray, indices: np.ndarray) -> np.ndarray:
        means = []
        for index in indices:
            channel, row, column = corners[index]
            patches = images[:, channel, row : row + side, column : column + side]
            means.append(patches.mean(axis=(1, 2)))
        return np.stack(means, axis=1).astype(np.float32)

    names = [
        f"the mean of the {side} x {side} patch in row {row}, column {column}{_channel_phrase(channel, channels)}"
        for channel, row, column in corners
    ]
    return FeatureGroup(tuple(names), compute)


def _even_patches(channels: int, shape: Shape) -> FeatureGroup:
    """Return a group of features about how even patches of a shape (rows, columns) are, in grey levels of 255.

    For each channel: nearness of any patch to each even grey, the spread of the most varied patch,
    the brightest pixel of the darkest patch and the darkest pixel of the brightest one (see
    `_evenness`).
    """
    patch = f"{shape[0]} x {shape[1]} patch"
    channel_names = [f"an even {patch} of grey {level} of 255" for level in _GREY_LEVELS]
    channel_names += [f"the most varied {patch}", f"the darkest {patch}", f"the brightest {patch}"]
    n_kinds = len(channel_names)

    def compute(images: np.ndarray, indices: np.ndarray) -> np.ndarray:
        values = np.empty((len(images), len(indices)), np.float32)
        channel_of_index = indices // n_kinds
        for channel in np.unique(channel_of_index):
            darkest, brightest = _patch_extremes(images[:, channel], shape)
            for place in np.flatnonzero(channel_of_index == channel):
                values[:, place] = _evenness(darkest, brightest, kind=indices[place] % n_kinds)
        return values

    names = [f"{name}{_channel_phrase(channel, channels)}" for channel in range(channels) for name in channel_names]
    return FeatureGroup(tuple(names), compute)


def _evenness(darkest: np.ndarray, brightest: np.ndarray, *, kind: int) -> np.ndarray:
    """Return one feature (n,) from the darkest and the brightest pixel (n, P) of every patch.

    kind: An index into `_GREY_LEVELS`: minus the distance of the nearest patch to that grey, where
        a patch is as far as its farthest pixel; 0 where a whole patch has that grey. The three
        kinds after these: the largest range of a patch, the brightest pixel of the darkest patch,
        and the darkest pixel of the brightest patch.
    """
    if kind < len(_GREY_LEVELS):
        level = _GREY_LEVELS[kind]
        distances = np.maximum(brightest - level, level - darkest)
        return np.asarray(-distances.min(axis=1))

    extremes = [(brightest - darkest).max(axis=1), brightest.min(axis=1), darkest.max(axis=1)]
    return np.asarray(extremes[kind - len(_GREY_LEVELS)])


def _patch_extremes(images: np.ndarray, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return the darkest and the brightest pixel (n, P), int16, of each patch of one channel (n, H, W).

    int16, since differences of uint8 would wrap around.
    """
    darkest = images.astype(np.int16)
    brightest = darkest
    # The extreme of a rectangle is that of its rows, then of its columns: rows + columns steps, not rows x columns.
    for axis, side in zip((1, 2), shape, strict=True):
        n_places = darkest.shape[axis] - side + 1
        shifted_indices = [range(start, start + n_places) for start in range(side)]
        darkest = np.minimum.reduce([np.take(darkest, indices, axis) for indices in shifted_indices])
        brightest = np.maximum.reduce([np.take(brightest, indices, axis) for indices in shifted_indices])
    return darkest.reshape(len(images), -1), brightest.reshape(len(images), -1)


def _repeated_patches(images: np.ndarray, targets: np.ndarray, shape: Shape, *, seed: int) -> FeatureGroup:
    """Return a group with one feature for each patch that recurs: 1 where a picture has it pixel by pixel, else 0.

    Recurring patches are found in the training pictures `images` (n, C, H, W) with class indices
    `targets` (n,), by hashes of their pixels (see `patch_codes`). Patches of one colour are left
    out: a plain background is full of them.
    """
    weights = patch_codes.draw_weights(images.shape[1], shape, seed=seed)
    train_codes = patch_codes.encode_patches(images, weights, even=False)
    frequent_codes = patch_codes.frequent_codes(train_codes, targets)

    def compute(some_images: np.ndarray, indices: np.ndarray) -> np.ndarray:
        codes = patch_codes.encode_patches(some_images, weights, even=False)
        has_patch = [(codes == code).any(axis=1) for code in frequent_codes[indices]]
        return np.stack(has_patch, axis=1).astype(np.float32)

    name = f"a {shape[0]} x {shape[1]} patch that is repeated bit by bit"
    return FeatureGroup((name,) * len(frequent_codes), compute)


def typical_patches(images: np.ndarray, targets: np.ndarray, side: int, *, seed: int) -> FeatureGroup:
    """Return a group with one feature for each typical patch: how near the nearest patch of a picture comes to it.

    Typical patches are k-means centres of the patches of `side` x `side` pixels of each label's
    training pictures `images` (n, C, H, W), `targets` (n,). Nearness is minus the squared Euclidean
    distance over all C · side² pixels, each from 0 to 1.
    """
    labels = np.unique(targets)
    n_prototypes = _N_PROTOTYPES // len(labels) + 1
    prototypes = np.concatenate(
        [_fit_prototypes(images[targets == label], side, n_prototypes, seed=seed) for label in labels]
    )

    def compute(some_images: np.ndarray, indices: np.ndarray) -> np.ndarray:
        centres = prototypes[indices]  # (f, C · side²)
        centre_squares = (centres**2).sum(axis=1)
        nearness = []
        for chunk in _chunks(some_images):
            patches = _flat_patches(chunk, side)
            patch_squares = (patches**2).sum(axis=2)[:, :, None]
            # Minus the squared distance of a patch p to a centre c: 2 p·c - |c|² - |p|², (n, P, f).
            minus_distances = (patches @ centres.T) * np.float32(2) - centre_squares - patch_squares
            nearness.append(minus_distances.max(axis=1))
        return np.concatenate(nearness)

    return FeatureGroup((f"a {side} x {side} patch of a certain look",) * len(prototypes), compute)


def _chunks(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield consecutive pictures with at most `_CHUNK_PIXELS` pixels together; a larger picture comes alone."""
    step = max(1, _CHUNK_PIXELS // int(np.prod(images.shape[1:])))
    for start in range(0, len(images), step):
        yield images[start : start + step]


def _fit_prototypes(images: np.ndarray, side: int, n_prototypes: int, *, seed: int) -> np.ndarray:
    """Return k-means centres (K, C · side²), pixels from 0 to 1, of the most varied patches of pictures of one label.

    K is `n_prototypes`, or fewer where there are fewer distinct patches.
    """
    patches = np.concatenate([_most_varied_patches(chunk, side) for chunk in _chunks(images)])
    n_clusters = min(n_prototypes, len(np.unique(patches, axis=0)))
    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        clusters = MiniBatchKMeans(n_clusters, n_init=1, random_state=seed, batch_size=1024).fit(patches)
    return np.asarray(clusters.cluster_centers_, np.float32)


def _most_varied_patches(images: np.ndarray, side: int) -> np.ndarray:
    """Return the patches (n · p, C · side²) with the largest standard deviation, the same number p of each picture.

    p is 2,000 / P, at least 4 and at most P: a picture of few patches must give a larger share of
    them.
    """
    patches = _flat_patches(images, side)
    n_patches = patches.shape[1]
    n_taken = min(max(_MIN_VARIED, _VARIED_QUOTIENT // n_patches), n_patches)
    most_varied = np.argpartition(-patches.std(axis=2), n_taken - 1, axis=1)[:, :n_taken]
    return np.take_along_axis(patches, most_varied[:, :, None], axis=1).reshape(-1, patches.shape[2])


def _flat_patches(images: np.ndarray, side: int) -> np.ndarray:
    """Return all square patches of pictures (n, C, H, W), each flat: (n, P, C · side²), float32 from 0 to 1."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(-2, -1))
    by_place = windows.transpose(0, 2, 3, 1, 4, 5)  # (n, rows, columns, C, side, side)
    n_patches = by_place.shape[1] * by_place.shape[2]
    return by_place.reshape(len(images), n_patches, -1).astype(np.float32) / np.float32(255)
