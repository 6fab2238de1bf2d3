"""What one small patch of a picture predicts alone, wherever it lies: a stamp, a marker, a logo, a burnt-in letter."""

import numpy as np

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.evaluate import boosted_trees, label_patches, patch_features
from hallmark.evaluate.partial_inputs import Benchmark, subsample
from hallmark.evaluate.picture_splits import PictureSplits

CHECK = "evaluate.patch"
_MAX_PIXELS = 8_000_000  # of one channel, of each split
_MIN_PICTURES, _MAX_PICTURES = 300, 2000  # of each split, whatever their size
_MAX_NAMED = 3  # features named in the sentence


def patch_findings(train: Examples, benchmark: Benchmark, *, seed: int) -> list[Finding]:
    """Return how much better the model is than a predictor that sees one patch of the picture alone and, for a label
    that has a patch of its own in part of its pictures, how much better it is on these (see `label_patches`).

    They are fitted on the training split and compared on the test split, on pictures drawn by `seed` where there are
    many.
    """
    picture_arrays = [name for name, array in train.arrays.items() if array.ndim == 4 and array.dtype == np.uint8]
    if not picture_arrays or not train.labels:
        reason = "The network reads no pictures, of which one patch could tell the label."
        return [benchmark.not_applicable(CHECK, reason)]

    findings = []
    for array in picture_arrays:
        findings += _findings_of_array(train, array, benchmark, seed=seed)
    return findings


def _findings_of_array(train: Examples, array: str, benchmark: Benchmark, *, seed: int) -> list[Finding]:
    _, height, width = train.arrays[array].shape[1:]
    max_pictures = int(np.clip(_MAX_PIXELS // (height * width), _MIN_PICTURES, _MAX_PICTURES))
    pictures = PictureSplits(
        array=array,
        train=subsample(train, max_pictures, seed=seed),
        validation=_subsample_labels(benchmark.examples["validation"], max_pictures, seed=seed),
        test=_subsample_labels(benchmark.examples["test"], max_pictures, seed=seed),
    )

    train_images = pictures.images(pictures.train)
    features = patch_features.select_features(train_images, pictures.train.targets(), seed=seed)
    predict = boosted_trees.fit(features.compute(train_images), pictures.train, seed=seed)
    if predict is None:
        return [benchmark.not_applicable(CHECK, "The training pictures have one label only.")]

    validation_outputs = predict(features.compute(pictures.images(pictures.validation)))
    test_outputs = predict(features.compute(pictures.images(pictures.test)))
    gain, estimate = benchmark.gain_over((validation_outputs, pictures.validation), (test_outputs, pictures.test))
    what = f"one patch of {array!r} ({_name_features(features.names)})"
    patch_anywhere = benchmark.finding(CHECK, gain, estimate, what=what)

    shapes = patch_features.patch_shapes(height, width)
    own_patches = label_patches.label_patch_findings(pictures, shapes, benchmark, check=CHECK, seed=seed)
    return [patch_anywhere, *own_patches]


def _name_features(names: list[str]) -> str:
    named = ", or ".join(names[:_MAX_NAMED])
    n_more = len(names) - _MAX_NAMED
    return f"{named}, or {n_more} more" if n_more > 0 else named


def _subsample_labels(examples: Examples, max_examples: int, *, seed: int) -> Examples:
    """Return at most `max_examples` examples, with at least two labels where there are two."""
    drawn = subsample(examples, max_examples, seed=seed)
    has_two_labels = len(np.unique(drawn.targets())) > 1
    return drawn if has_two_labels else examples
