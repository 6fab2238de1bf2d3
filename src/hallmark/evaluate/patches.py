"""What one small patch of a picture tells alone, wherever it lies: a stamp, a marker, a logo, a burnt-in letter.

No descriptor sees a stamp that moves about, so numbers are made of all small patches of a picture: how near any of
them comes to an even grey, how much any of them varies, whether one is there bit by bit, how near any comes to a
typical one, and what the pixels at a fixed place are. Of these numbers, the one that tells most of each label is all
that the predictor sees: an honest picture needs more than that.
"""

from collections.abc import Callable
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
_PROTOTYPES = 64  # typical patches, of all labels together
_VARIED, _TAKEN = 4, 2000  # patches taken from each training picture, the most varied ones; all of a small picture's
_REPEATED = 0.02  # share of the training pictures that hold a patch bit by bit, for it to be asked after
_ASKED = 100  # such patches at most
_PLACES = 4096  # pixels asked after at their fixed places, at most
_CHUNK = 64  # pictures whose patches are in memory at once


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
    images = np.asarray(drawn.arrays[array])
    chosen = _choose(images, drawn.targets(), seed=seed)
    answer = trees.fit(chosen(images), drawn, seed=seed)
    if answer is None:
        return inapplicable(CHECK, bench.headline, "one patch", "The training pictures have one label only.")

    validation = _drawn(bench.examples["validation"], most, seed=seed)
    test = _drawn(bench.examples["test"], most, seed=seed)
    told, answered = (answer(chosen(np.asarray(part.arrays[array]))) for part in (validation, test))
    gain, estimate = bench.gain((told, validation), (answered, test))
    more = f", or {len(chosen.names) - 3} more" if len(chosen.names) > 3 else ""
    seen = ", or ".join(chosen.names[:3]) + more
    return bench.finding(CHECK, "one patch", gain, estimate, what=f"one patch of {array!r} ({seen})")


def _drawn(examples: Examples, most: int, *, seed: int) -> Examples:
    """Return at most so many examples, with at least two labels where there are two."""
    drawn = sample(examples, most, seed=seed)
    return drawn if len(np.unique(drawn.targets())) > 1 else examples


def _choose(images: np.ndarray, targets: np.ndarray, *, seed: int) -> _Chosen:
    """Choose, for each label, the number that parts its training pictures best from all others (by ROC AUC)."""
    chosen: list[tuple[float, int, _Numbers, int]] = []
    for part in _all_numbers(images, targets, seed=seed):
        ranks = rankdata(part.make(images, np.arange(len(part.names))), axis=0)
        for label in np.unique(targets):
            own = targets == label
            count = own.sum()
            area = (ranks[own].mean(axis=0) - (count + 1) / 2) / max(len(own) - count, 1)
            best = int(np.abs(area - 0.5).argmax())
            chosen.append((float(abs(area[best] - 0.5)), int(label), part, best))

    winners: dict[int, tuple[float, int, _Numbers, int]] = {}
    for candidate in chosen:
        if candidate[1] not in winners or candidate[0] > winners[candidate[1]][0]:
            winners[candidate[1]] = candidate
    places: dict[int, tuple[_Numbers, list[int]]] = {}
    for _, _, part, place in winners.values():
        taken = places.setdefault(id(part), (part, []))[1]
        if place not in taken:
            taken.append(place)
    return _Chosen(tuple((part, np.array(taken)) for part, taken in places.values()))


def _all_numbers(images: np.ndarray, targets: np.ndarray, *, seed: int) -> list[_Numbers]:
    """Return all numbers that there are; typical and repeated patches are learned from the training pictures."""
    height, width = images.shape[2:]
    sides = [side for side in _SIDES if side * side * 4 <= height * width and side <= min(height, width)]
    found = [_places(images.shape[1:])]
    for side in sides:
        found.append(_even(images.shape[1], side))
        repeated = _repeated(images, targets, side, seed=seed)
        found += [repeated] if repeated.names else []
    if sides:
        found.append(_typical(images, targets, sides[-1], seed=seed))
    return found


def _places(shape: tuple[int, ...]) -> _Numbers:
    """The pixels at their places; in a large picture every few of them."""
    step = int(np.ceil(np.sqrt(np.prod(shape) / _PLACES)))
    grid = [(c, y, x) for c in range(shape[0]) for y in range(0, shape[1], step) for x in range(0, shape[2], step)]
    at = np.array(grid)

    def make(images: np.ndarray, places: np.ndarray) -> np.ndarray:
        channel, row, column = at[places].T
        return images[:, channel, row, column].astype(np.float32)

    return _Numbers(tuple(f"the pixel in row {row}, column {column}" for _, row, column in grid), make)


def _even(channels: int, side: int) -> _Numbers:
    """How near any patch comes to each even grey (the largest distance of its pixels), and how much any one varies."""
    patch = f"{side} x {side} patch"
    kinds = [f"an even {patch} of grey {level} of 255" for level in _LEVELS]
    kinds += [f"the most varied {patch}", f"the darkest {patch}", f"the brightest {patch}"]

    def make(images: np.ndarray, places: np.ndarray) -> np.ndarray:
        columns = {}
        for channel in sorted({place // len(kinds) for place in places}):
            low, high = _extremes(images[:, channel], side)
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


def _extremes(images: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the darkest and the brightest pixel (n, P), int16, of each patch of one channel (n, H, W)."""
    low = high = images.astype(np.int16)
    for axis in (1, 2):
        size = low.shape[axis] - side + 1
        low = np.minimum.reduce([np.take(low, range(start, start + size), axis) for start in range(side)])
        high = np.maximum.reduce([np.take(high, range(start, start + size), axis) for start in range(side)])
    return low.reshape(len(images), -1), high.reshape(len(images), -1)


def _repeated(images: np.ndarray, targets: np.ndarray, side: int, *, seed: int) -> _Numbers:
    """Whether a patch that many training pictures of one label hold, bit by bit, is there. Even patches don't count."""
    weights = np.random.default_rng(seed).integers(1, 2**63, size=(images.shape[1], side, side), dtype=np.uint64) | 1
    asked = _often(_codes(images, weights), targets)

    def make(some: np.ndarray, places: np.ndarray) -> np.ndarray:
        codes = _codes(some, weights)
        return np.stack([(codes == code).any(axis=1) for code in asked[places]], axis=1).astype(np.float32)

    return _Numbers((f"a {side} x {side} patch that is repeated bit by bit",) * len(asked), make)


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
    classes = int(targets.max()) + 1
    counts = np.bincount(places * classes + labels, minlength=len(known) * classes).reshape(len(known), classes)

    frequent = counts.sum(axis=1) >= max(5.0, _REPEATED * len(codes))
    share = counts / np.maximum(np.bincount(targets, minlength=counts.shape[1]), 1)
    tells = share.max(axis=1) - np.median(share, axis=1) if counts.shape[1] > 2 else np.ptp(share, axis=1)
    order = np.argsort(-np.where(frequent, tells, -1.0), kind="stable")[:_ASKED]
    return np.asarray(known[order[frequent[order]]])


def _typical(images: np.ndarray, targets: np.ndarray, side: int, *, seed: int) -> _Numbers:
    """How near any patch comes to each of some typical ones, which stand for the patches of each label."""
    labels = np.unique(targets)
    count = _PROTOTYPES // len(labels) + 1
    centres = np.concatenate([_centres(images[targets == label], side, count, seed) for label in labels])

    def make(some: np.ndarray, places: np.ndarray) -> np.ndarray:
        typical = centres[places]
        lengths = (typical**2).sum(axis=1)
        near = []
        for start in range(0, len(some), _CHUNK):
            patches = _flat(some[start : start + _CHUNK], side)
            products = (patches @ typical.T) * np.float32(2) - lengths - (patches**2).sum(axis=2)[:, :, None]
            near.append(products.max(axis=1))
        return np.concatenate(near)

    return _Numbers((f"a {side} x {side} patch of a certain look",) * len(centres), make)


def _centres(images: np.ndarray, side: int, count: int, seed: int) -> np.ndarray:
    chunks = [images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK)]
    varied = np.concatenate([_varied(chunk, side) for chunk in chunks])
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
