"""What one small patch of a picture tells alone, wherever it lies: a stamp, a marker, a logo, a burnt-in letter.

No descriptor sees a stamp that moves about, so numbers are made of all small patches of a picture: how near any of
them comes to an even grey, how much any of them varies, whether one is there bit by bit, how near any comes to a
typical one, and what the pixels and the means at a fixed place are. Of these numbers, the one that tells most of each
label is all that the predictor sees: an honest picture needs more than that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.evaluate import boosted_trees, label_patches, patch_codes
from hallmark.evaluate.partial_inputs import Bench, inapplicable, sample

CHECK = "evaluate.patch"
_SHAPES = ((2, 2), (4, 4), (1, 8), (8, 1))  # rows and columns of a patch
_MOST, _LEAST, _PIXELS = 2000, 300, 8_000_000  # pictures of each split: so many pixels of one channel, within bounds
_LEVELS = range(0, 256, 8)  # greys that an even patch may have
_PROTOTYPES = 64  # typical patches, of all labels together
_VARIED, _TAKEN = 4, 2000  # patches taken from each training picture, the most varied ones; all of a small picture's
_PLACES = 4096  # pixels asked after at their fixed places, at most
_CHUNK = 2**18  # pixels of all channels whose patches are in memory at once, of one picture at least


@dataclass(frozen=True)
class _Numbers:
    """Numbers that can be made of pictures: their names, and how to make those at some places of the names.

    `make` takes pictures (n, C, H, W), uint8, and places (F,), and returns float32 (n, F).
    """

    names: tuple[str, ...]
    make: Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class _Chosen:
    """The numbers that the predictor sees."""

    parts: tuple[tuple[_Numbers, np.ndarray], ...]

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(part.names[place] for part, places in self.parts for place in places))

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return np.concatenate([part.make(images, places) for part, places in self.parts], axis=1)


def findings(train: Examples, bench: Bench, *, seed: int) -> list[Finding]:
    """Return how much better the model is than a predictor that sees one patch of the picture alone and, for a label
    that has a patch of its own in part of its pictures, how much better it is on these (see `own_patches`).

    They are fitted on the training split and compared on the test split, on pictures drawn by `seed` where there are
    many.
    """
    pictures = [name for name, array in train.arrays.items() if array.ndim == 4 and array.dtype == np.uint8]
    if not pictures or not train.labels:
        why = "The network reads no pictures, of which one patch could tell the label."
        return [inapplicable(CHECK, bench.primary_metric, why)]

    return [finding for name in pictures for finding in _findings(train, name, bench, seed=seed)]


def _findings(train: Examples, array: str, bench: Bench, *, seed: int) -> list[Finding]:
    shape = train.arrays[array].shape[1:]
    most = int(np.clip(_PIXELS // (shape[1] * shape[2]), _LEAST, _MOST))
    drawn = sample(train, most, seed=seed)
    images = np.asarray(drawn.arrays[array])
    chosen = _choose(images, drawn.targets(), seed=seed)
    answer = boosted_trees.fit(chosen(images), drawn, seed=seed)
    if answer is None:
        return [inapplicable(CHECK, bench.primary_metric, "The training pictures have one label only.")]

    validation = _drawn(bench.examples["validation"], most, seed=seed)
    test = _drawn(bench.examples["test"], most, seed=seed)
    told, answered = (answer(chosen(np.asarray(part.arrays[array]))) for part in (validation, test))
    gain, estimate = bench.gain((told, validation), (answered, test))
    more = f", or {len(chosen.names) - 3} more" if len(chosen.names) > 3 else ""
    seen = ", or ".join(chosen.names[:3]) + more
    everywhere = bench.finding(CHECK, gain, estimate, what=f"one patch of {array!r} ({seen})")

    shapes = _shapes(shape[1], shape[2])
    own = label_patches.findings(drawn, validation, test, array, shapes, bench, check=CHECK, seed=seed)
    return [everywhere, *own]


def _drawn(examples: Examples, most: int, *, seed: int) -> Examples:
    """Return at most so many examples, with at least two labels where there are two."""
    drawn = sample(examples, most, seed=seed)
    return drawn if len(np.unique(drawn.targets())) > 1 else examples


def _choose(images: np.ndarray, targets: np.ndarray, *, seed: int) -> _Chosen:
    """Choose, for each label, the number that parts its training pictures best from all others (by ROC AUC)."""
    best: dict[int, tuple[float, _Numbers, int]] = {}
    for numbers in _all_numbers(images, targets, seed=seed):
        ranks = rankdata(numbers.make(images, np.arange(len(numbers.names))), axis=0)
        for label in np.unique(targets):
            contrasts = np.abs(_areas(ranks, targets == label) - 0.5)
            place = int(contrasts.argmax())
            if label not in best or contrasts[place] > best[label][0]:
                best[label] = (float(contrasts[place]), numbers, place)

    places: dict[int, tuple[_Numbers, list[int]]] = {}
    for _, numbers, place in best.values():
        taken = places.setdefault(id(numbers), (numbers, []))[1]
        if place not in taken:
            taken.append(place)
    return _Chosen(tuple((numbers, np.array(taken)) for numbers, taken in places.values()))


def _areas(ranks: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the ROC AUC (F,) of numbers by their ranks (n, F), the pictures `own` (n,) against all others."""
    count = own.sum()
    return np.asarray((ranks[own].mean(axis=0) - (count + 1) / 2) / max(len(own) - count, 1))


def _all_numbers(images: np.ndarray, targets: np.ndarray, *, seed: int) -> list[_Numbers]:
    """Return all numbers that there are; typical and repeated patches are learned from the training pictures."""
    shapes = _shapes(*images.shape[2:])
    squares = [rows for rows, columns in shapes if rows == columns]
    found = [_places(images.shape[1:])]
    found += [_even(images.shape[1], shape) for shape in shapes]
    for side in squares:
        repeated = _repeated(images, targets, (side, side), seed=seed)
        found += [repeated] if repeated.names else []
    if squares:
        found.append(_means(images.shape[1:], squares[-1]))
        found.append(_typical(images, targets, squares[-1], seed=seed))
    return found


def _shapes(height: int, width: int) -> list[tuple[int, int]]:
    """Return the shapes of patches, rows and columns: none holds more than a quarter of the picture."""
    return [
        (rows, columns)
        for rows, columns in _SHAPES
        if rows * columns * 4 <= height * width and rows <= height and columns <= width
    ]


def _means(shape: tuple[int, ...], side: int) -> _Numbers:
    """The mean of the patches at fixed places, half overlapping: a faint mark stands out where noise averages out."""
    channels, height, width = shape
    step = max(side // 2, int(np.ceil(np.sqrt(np.prod(shape) / _PLACES))))
    rows, columns = range(0, height - side + 1, step), range(0, width - side + 1, step)
    grid = [(c, y, x) for c in range(channels) for y in rows for x in columns]

    def make(images: np.ndarray, places: np.ndarray) -> np.ndarray:
        blocks = [grid[place] for place in places]
        means = [images[:, c, y : y + side, x : x + side].mean(axis=(1, 2)) for c, y, x in blocks]
        return np.stack(means, axis=1).astype(np.float32)

    return _Numbers(tuple(f"the mean of the {side} x {side} patch in row {y}, column {x}" for _, y, x in grid), make)


def _places(shape: tuple[int, ...]) -> _Numbers:
    """The pixels at their places; in a large picture every few of them."""
    step = int(np.ceil(np.sqrt(np.prod(shape) / _PLACES)))
    grid = [(c, y, x) for c in range(shape[0]) for y in range(0, shape[1], step) for x in range(0, shape[2], step)]
    at = np.array(grid)

    def make(images: np.ndarray, places: np.ndarray) -> np.ndarray:
        channel, row, column = at[places].T
        return images[:, channel, row, column].astype(np.float32)

    return _Numbers(tuple(f"the pixel in row {row}, column {column}" for _, row, column in grid), make)


def _even(channels: int, shape: tuple[int, int]) -> _Numbers:
    """How near any patch comes to each even grey (the largest distance of its pixels), and how much any one varies."""
    patch = f"{shape[0]} x {shape[1]} patch"
    kinds = [f"an even {patch} of grey {level} of 255" for level in _LEVELS]
    kinds += [f"the most varied {patch}", f"the darkest {patch}", f"the brightest {patch}"]

    def make(images: np.ndarray, places: np.ndarray) -> np.ndarray:
        columns = {}
        for channel in sorted({place // len(kinds) for place in places}):
            low, high = _extremes(images[:, channel], shape)
            for place in places[places // len(kinds) == channel]:
                columns[place] = _evenness(low, high, place % len(kinds))
        return np.stack([columns[place] for place in places], axis=1).astype(np.float32)

    return _Numbers(tuple(kinds * channels), make)


def _evenness(low: np.ndarray, high: np.ndarray, kind: int) -> np.ndarray:
    """Return (n,) of the darkest and brightest pixels (n, P) of the patches: nearness to a level, or an extreme."""
    if kind < len(_LEVELS):
        level = _LEVELS[kind]
        return np.asarray(-np.maximum(high - level, level - low).min(axis=1))
    values = [(high - low).max(axis=1), high.min(axis=1), low.max(axis=1)]
    return np.asarray(values[kind - len(_LEVELS)])


def _extremes(images: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the darkest and the brightest pixel (n, P), int16, of each patch of one channel (n, H, W)."""
    low = high = images.astype(np.int16)
    for axis, side in zip((1, 2), shape, strict=True):
        size = low.shape[axis] - side + 1
        low = np.minimum.reduce([np.take(low, range(start, start + size), axis) for start in range(side)])
        high = np.maximum.reduce([np.take(high, range(start, start + size), axis) for start in range(side)])
    return low.reshape(len(images), -1), high.reshape(len(images), -1)


def _repeated(images: np.ndarray, targets: np.ndarray, shape: tuple[int, int], *, seed: int) -> _Numbers:
    """Whether a patch that many training pictures of one label hold, bit by bit, is there. Even patches don't count."""
    factors = patch_codes.weights(images.shape[1], shape, seed=seed)
    asked = patch_codes.frequent(patch_codes.codes(images, factors, even=False), targets)

    def make(some: np.ndarray, places: np.ndarray) -> np.ndarray:
        codes = patch_codes.codes(some, factors, even=False)
        return np.stack([(codes == code).any(axis=1) for code in asked[places]], axis=1).astype(np.float32)

    return _Numbers((f"a {shape[0]} x {shape[1]} patch that is repeated bit by bit",) * len(asked), make)


def _typical(images: np.ndarray, targets: np.ndarray, side: int, *, seed: int) -> _Numbers:
    """How near any patch comes to each of some typical ones, which stand for the patches of each label."""
    labels = np.unique(targets)
    count = _PROTOTYPES // len(labels) + 1
    centres = np.concatenate([_centres(images[targets == label], side, count, seed) for label in labels])

    def make(some: np.ndarray, places: np.ndarray) -> np.ndarray:
        typical = centres[places]
        lengths = (typical**2).sum(axis=1)
        near = []
        for chunk in _chunks(some):
            patches = _flat(chunk, side)
            products = (patches @ typical.T) * np.float32(2) - lengths - (patches**2).sum(axis=2)[:, :, None]
            near.append(products.max(axis=1))
        return np.concatenate(near)

    return _Numbers((f"a {side} x {side} patch of a certain look",) * len(centres), make)


def _chunks(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the pictures (n, C, H, W) in parts of at most `_CHUNK` pixels, or of one picture where that has more."""
    step = max(1, _CHUNK // int(np.prod(images.shape[1:])))
    for start in range(0, len(images), step):
        yield images[start : start + step]


def _centres(images: np.ndarray, side: int, count: int, seed: int) -> np.ndarray:
    varied = np.concatenate([_varied(chunk, side) for chunk in _chunks(images)])
    count = min(count, len(np.unique(varied, axis=0)))
    with threadpool_limits(1):
        clusters = MiniBatchKMeans(count, n_init=1, random_state=seed, batch_size=1024).fit(varied)
    return np.asarray(clusters.cluster_centers_, np.float32)


def _varied(images: np.ndarray, side: int) -> np.ndarray:
    """Return the patches (n · few, C · side²) of each picture that vary most."""
    patches = _flat(images, side)
    few = min(max(_VARIED, _TAKEN // patches.shape[1]), patches.shape[1])
    most = np.argpartition(-patches.std(axis=2), few - 1, axis=1)[:, :few]
    return np.take_along_axis(patches, most[:, :, None], axis=1).reshape(-1, patches.shape[2])


def _flat(images: np.ndarray, side: int) -> np.ndarray:
    """Return all patches (n, P, C · side²), float32 from 0 to 1."""
    patches = _windows(images, side)  # (n, C, rows, columns, side, side)
    moved = patches.transpose(0, 2, 3, 1, 4, 5)
    return moved.reshape(len(images), moved.shape[1] * moved.shape[2], -1).astype(np.float32) / np.float32(255)


def _windows(images: np.ndarray, side: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(-2, -1))
