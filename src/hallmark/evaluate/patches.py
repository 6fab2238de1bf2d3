"""What one small patch of a picture tells alone, wherever it lies: a stamp, a marker, a logo, a burnt-in letter.

No descriptor sees a stamp that moves about, so numbers are made of all small patches of a picture: how near any of them
comes to an even grey, how much any of them varies, whether one is there bit by bit, how near any comes to a typical one,
and what the pixels at a fixed place are. Of these numbers, the one that tells most of each label is all that the
predictor sees: an honest picture needs more than that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits

from hallmark.evaluate import trees
from hallmark.evaluate.alone import Bench, inapplicable, sample
from hallmark.examples import Examples
from hallmark.findings import Finding

CHECK = "evaluate.patch"
_SIDES = (2, 4)  # pixels of a patch; none larger than a quarter of the picture
_MOST, _LEAST, _PIXELS = 2000, 300, 8_000_000  # pictures of each split: so many pixels of one channel, within bounds
_LEVELS = range(0, 256, 8)  # greys that an even patch may have
_PROTOTYPES = 48  # typical patches among the most varied ones of the training pictures
_VARIED = 4  # patches taken from each of them
_REPEATED = 0.02  # share of the training pictures that hold a patch bit by bit, for it to be asked after
_ASKED = 200  # such patches at most
_PLACES = 4096  # pixels asked after at their fixed places, at most
_CHUNK = 64  # pictures whose patches are in memory at once

Table = tuple[list[str], np.ndarray]  # names of the numbers (F), and the numbers (n, F)
Make = Callable[[np.ndarray], Table]  # from pictures (n, C, H, W), uint8


@dataclass(frozen=True)
class _Chosen:
    """The numbers that the predictor sees, by their places among all that `make` gives."""

    make: Make
    places: np.ndarray
    names: tuple[str, ...]

    def __call__(self, examples: Examples, array: str) -> np.ndarray:
        return self.make(np.asarray(examples.arrays[array]))[1][:, self.places]


def findings(train: Examples, bench: Bench, *, seed: int) -> list[Finding]:
    """Return how much better the model is than a predictor that sees one patch of the picture alone.

    It is fitted on the training split and compared on the test split, on pictures drawn by `seed` where there are many.
    """
    pictures = [name for name, array in train.arrays.items() if array.ndim == 4 and array.dtype == np.uint8]
    if not pictures or not train.labels:
        why = "The network reads no pictures, of which one patch could tell the label."
        return [inapplicable(CHECK, bench.headline, "one patch", why)]

    return [_finding(train, name, bench, seed=seed) for name in pictures]


def _finding(train: Examples, array: str, bench: Bench, *, seed: int) -> Finding:
    shape = train.arrays[array].shape[1:]
    most = int(np.clip(_PIXELS // (shape[1] * shape[2]), _LEAST, _MOST))
    drawn = sample(train, most, seed=seed)
    chosen = _choose(drawn, array, seed=seed)
    answer = trees.fit(chosen(drawn, array), drawn, seed=seed)
    if answer is None:
        return inapplicable(CHECK, bench.headline, "one patch", "The training pictures have one label only.")

    validation = _drawn(bench.examples["validation"], most, seed=seed)
    test = _drawn(bench.examples["test"], most, seed=seed)
    gain, estimate = bench.gain(
        (answer(chosen(validation, array)), validation), (answer(chosen(test, array)), test)
    )
    seen = ", or ".join(chosen.names[:3]) + (f", or {len(chosen.names) - 3} more" if len(chosen.names) > 3 else "")
    return bench.finding(CHECK, "one patch", gain, estimate, what=f"one patch of {array!r} ({seen})")


def _drawn(examples: Examples, most: int, *, seed: int) -> Examples:
    """Return at most so many examples, with at least two labels where there are two."""
    drawn = sample(examples, most, seed=seed)
    return drawn if len(np.unique(drawn.targets())) > 1 else examples


def _choose(train: Examples, array: str, *, seed: int) -> _Chosen:
    """Choose, for each label, the number that parts its training pictures best from all others (by ROC AUC)."""
    images, targets = np.asarray(train.arrays[array]), train.targets()
    make = _maker(images, targets, seed=seed)
    names, numbers = make(images)
    ranks = np.apply_along_axis(rankdata, 0, numbers)
    best: dict[int, None] = {}
    for label in np.unique(targets):
        own = targets == label
        count = own.sum()
        area = (ranks[own].mean(axis=0) - (count + 1) / 2) / max(len(own) - count, 1)
        best[int(np.abs(area - 0.5).argmax())] = None
    places = np.array(list(best))
    return _Chosen(make, places, tuple(names[place] for place in places))


def _maker(images: np.ndarray, targets: np.ndarray, *, seed: int) -> Make:
    """Return what makes numbers of pictures; typical and repeated patches are learned from the training pictures."""
    height, width = images.shape[2:]
    sides = [side for side in _SIDES if side * side * 4 <= height * width and side <= min(height, width)]
    parts: list[Make] = [_places]
    for side in sides:
        parts += [_even(side), _repeated(images, targets, side, seed=seed)]
    if sides:
        parts.append(_typical(images, sides[-1], seed=seed))

    def make(some: np.ndarray) -> Table:
        tables = [part(some) for part in parts]
        return [name for names, _ in tables for name in names], np.concatenate([part for _, part in tables], axis=1)

    return make


def _places(images: np.ndarray) -> Table:
    """The pixels at their places; in a large picture every few of them."""
    channels, height, width = images.shape[1:]
    step = int(np.ceil(np.sqrt(channels * height * width / _PLACES)))
    names = [
        f"the pixel in row {row}, column {column}"
        for _ in range(channels)
        for row in range(0, height, step)
        for column in range(0, width, step)
    ]
    return names, images[:, :, ::step, ::step].reshape(len(images), -1).astype(np.float32)


def _even(side: int) -> Make:
    """How near any patch comes to each even grey (the largest distance of its pixels), and how much any one varies."""

    def make(images: np.ndarray) -> Table:
        names, columns = [], []
        patch = f"{side} × {side} patch"
        for channel in range(images.shape[1]):
            patches = _windows(images[:, channel], side)
            low, high = patches.min(axis=(3, 4)).astype(np.int16), patches.max(axis=(3, 4)).astype(np.int16)
            low, high = low.reshape(len(images), -1), high.reshape(len(images), -1)
            for level in _LEVELS:
                names.append(f"an even {patch} of grey {level} of 255")
                columns.append(-np.maximum(high - level, level - low).min(axis=1))
            names += [f"the most varied {patch}", f"the darkest {patch}", f"the brightest {patch}"]
            columns += [(high - low).max(axis=1), high.min(axis=1), low.max(axis=1)]
        return names, np.stack(columns, axis=1).astype(np.float32)

    return make


def _repeated(images: np.ndarray, targets: np.ndarray, side: int, *, seed: int) -> Make:
    """Whether a patch that many training pictures of one label hold, bit by bit, is there. Even patches don't count."""
    weights = np.random.default_rng(seed).integers(1, 2**63, size=(images.shape[1], side, side), dtype=np.uint64) | 1
    asked = _often(_codes(images, weights), targets)

    def make(some: np.ndarray) -> Table:
        codes = _codes(some, weights)
        there = np.stack([(codes == code).any(axis=1) for code in asked], axis=1) if len(asked) else np.zeros((len(some), 0))
        return [f"a {side} × {side} patch that is repeated bit by bit"] * len(asked), there.astype(np.float32)

    return make


def _codes(images: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return a code (n, P) of each patch, equal where all its pixels are; 0 where the patch is even."""
    channels, side = weights.shape[0], weights.shape[1]
    height, width = images.shape[2] - side + 1, images.shape[3] - side + 1
    codes = np.zeros((len(images), height, width), np.uint64)
    varied = np.zeros((len(images), height, width), bool)
    for channel in range(channels):
        corner = images[:, channel, :height, :width]
        for row in range(side):
            for column in range(side):
                pixels = images[:, channel, row : row + height, column : column + width]
                codes += weights[channel, row, column] * (pixels.astype(np.uint64) + np.uint64(1))  # modulo 2^64
                varied |= pixels != corner
    return np.where(varied, codes, np.uint64(0)).reshape(len(images), -1)


def _often(codes: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the codes that many pictures hold, those first that stand with one label most."""
    ordered = np.sort(codes, axis=1)
    first = np.ones(ordered.shape, bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first &= ordered != 0
    known, places = np.unique(ordered[first], return_inverse=True)
    labels = np.repeat(targets, first.sum(axis=1))
    counts = np.zeros((len(known), int(targets.max()) + 1))
    np.add.at(counts, (places, labels), 1)

    frequent = counts.sum(axis=1) >= max(5.0, _REPEATED * len(codes))
    share = counts / np.maximum(np.bincount(targets, minlength=counts.shape[1]), 1)
    tells = share.max(axis=1) - np.median(share, axis=1) if counts.shape[1] > 2 else np.ptp(share, axis=1)
    order = np.argsort(-np.where(frequent, tells, -1.0), kind="stable")[:_ASKED]
    return np.asarray(known[order[frequent[order]]])


def _typical(images: np.ndarray, side: int, *, seed: int) -> Make:
    """How near any patch comes to each of some typical ones, which stand for the most varied training patches."""
    varied = np.concatenate([_varied(images[start : start + _CHUNK], side) for start in range(0, len(images), _CHUNK)])
    count = min(_PROTOTYPES, len(np.unique(varied, axis=0)))
    with threadpool_limits(1):
        clusters = MiniBatchKMeans(count, n_init=1, random_state=seed, batch_size=1024).fit(varied)
    centres = clusters.cluster_centers_.astype(np.float32)
    lengths = (centres**2).sum(axis=1)

    def make(some: np.ndarray) -> Table:
        near = []
        for start in range(0, len(some), _CHUNK):
            patches = _flat(some[start : start + _CHUNK], side)
            products = (patches @ centres.T) * np.float32(2) - lengths
            products -= (patches**2).sum(axis=2)[:, :, None]
            near.append(products.max(axis=1))
        return [f"a {side} × {side} patch of a certain look"] * count, np.concatenate(near)

    return make


def _varied(images: np.ndarray, side: int) -> np.ndarray:
    """Return the patches (n · few, C · side²) of each picture that vary most."""
    patches = _flat(images, side)
    few = min(_VARIED, patches.shape[1])
    most = np.argpartition(-patches.std(axis=2), few - 1, axis=1)[:, :few]
    return np.take_along_axis(patches, most[:, :, None], axis=1).reshape(-1, patches.shape[2])


def _flat(images: np.ndarray, side: int) -> np.ndarray:
    """Return all patches (n, P, C · side²), float32 from 0 to 1."""
    patches = _windows(images, side)  # (n, C, rows, columns, side, side)
    moved = patches.transpose(0, 2, 3, 1, 4, 5)
    return moved.reshape(len(images), moved.shape[1] * moved.shape[2], -1).astype(np.float32) / np.float32(255)


def _windows(images: np.ndarray, side: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(-2, -1))
