"""Patches: whether one small patch of a picture predicts the label alone, such as a stamp, a marker or a letter."""

import numpy as np

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.evaluate import boosted_trees, label_patches, patch_features
from hallmark.evaluate.partial_inputs import Benchmark, subsample
from hallmark.evaluate.picture_splits import PictureSplits

CHECK = "evaluate.patch"
_MAX_PIXELS = 8_000_000  # about how many pixels of one channel are looked at in each split …
_MIN_PICTURES, _MAX_PICTURES = 300, 2000  # … but of no fewer and no more pictures than these, whatever their size
_MAX_NAMED = 3  # features that the sentence names


def patch_findings(train: Examples, benchmark: Benchmark, *, seed: int) -> list[Finding]:
    """Return the model's gain over a predictor that sees one patch alone, for each array of pictures.

    Findings follow for labels with a patch of their own in part of their pictures (see
    `label_patches`). Predictors are fitted on the training split and compared on the test split, on
    a random sample of many pictures, fixed by `seed`.
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
    """Return the findings on the pictures of one array, (n, C, H, W) uint8, by its name."""
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
    """Return the first names in one phrase, and how many more there are."""
    named = ", or ".join(names[:_MAX_NAMED])
    n_more = len(names) - _MAX_NAMED
    return f"{named}, or {n_more} more" if n_more > 0 else named


def _subsample_labels(examples: Examples, max_examples: int, *, seed: int) -> Examples:
    """Return at most `max_examples` random examples, or all examples where that sample has one label only.

    Metrics such as the ROC AUC need two labels.
    """
    sample = subsample(examples, max_examples, seed=seed)
    has_two_labels = len(np.unique(sample.targets())) > 1
    return sample if has_two_labels else examples
