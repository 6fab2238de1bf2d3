"""Label patches: a patch, equal pixel by pixel, that many pictures of one label have and hardly any others.

It is a stamp by which the model may recognise these pictures, although the label's other pictures
need an honest look. In honest pictures (digits, Fashion-MNIST, phantom scans) no patch of one
label's own is in more than 7 % of its pictures; from 15 % on it is taken for a stamp.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import SCORE
from hallmark.evaluate import patch_codes
from hallmark.evaluate.partial_inputs import Benchmark
from hallmark.evaluate.patch_codes import Shape
from hallmark.evaluate.picture_splits import PictureSplits
from hallmark.metrics import Measurement

_MIN_SHARE = 0.15  # smallest share of a label's training pictures that have its patch
_MAX_RELATIVE_SHARE = 0.02  # largest share of other labels' pictures that have it, as a fraction of the label's share
# Pictures of other labels that would have the patch if they had it as often as the label's. With fewer expected, that
# none has it may be chance.
_MIN_EXPECTED = 30
_MIN_CONFIRMED = 0.95  # smallest fraction of the validation pictures with the patch that have its label
_MIN_ENTITIES = 5  # entities of the training pictures with the patch, at least


@dataclass(frozen=True)
class LabelPatch:
    """A patch of one label's own.

    label: The class index.
    code, weights: The patch's hash, and the factors of that hash (see `patch_codes`).
    share: The fraction of the label's training pictures that have the patch.
    """

    label: int
    code: np.uint64
    weights: np.ndarray
    share: float

    @property
    def shape(self) -> Shape:
        return self.weights.shape[1], self.weights.shape[2]

    def lies_in(self, images: np.ndarray) -> np.ndarray:
        """Return (n,) true where a picture (n, C, H, W) has the patch, at any place."""
        codes = patch_codes.encode_patches(images, self.weights)
        return np.asarray((codes == self.code).any(axis=1))


def label_patch_findings(
    pictures: PictureSplits, shapes: Sequence[Shape], benchmark: Benchmark, *, check: str, seed: int
) -> list[Finding]:
    """Return, for each label with a patch of its own, the model's gain in accuracy over the patch.

    It is measured on the test pictures that have the patch: the patch alone predicts its label for
    all of these.
    """
    train_images = pictures.images(pictures.train)
    findings = []
    for patch in _find_patches(train_images, pictures.train.targets(), shapes, seed=seed):
        if not _is_confirmed(patch, pictures):
            continue
        holders = pictures.test.table["id"][patch.lies_in(pictures.images(pictures.test))]
        finding = _finding(patch, pictures.test, set(holders), benchmark, check)
        if finding is not None:
            findings.append(finding)
    return findings


def _find_patches(images: np.ndarray, targets: np.ndarray, shapes: Sequence[Shape], *, seed: int) -> list[LabelPatch]:
    """Return the patch of each label that has one of its own; of several, that in most of its training pictures.

    images: Training pictures (n, C, H, W).
    targets: (n,) class indices.
    shapes: The (rows, columns) of patches to look for.
    """
    totals = np.bincount(targets)
    best: dict[int, LabelPatch] = {}
    for shape in shapes:
        weights = patch_codes.draw_weights(images.shape[1], shape, seed=seed)
        codes, counts = patch_codes.count_by_label(patch_codes.encode_patches(images, weights), targets)

        for label in map(int, np.flatnonzero(totals)):
            n_others = totals.sum() - totals[label]
            shares = counts[:, label] / totals[label]
            other_shares = (counts.sum(axis=1) - counts[:, label]) / max(n_others, 1)
            is_own = (
                (shares >= _MIN_SHARE)
                & (other_shares <= _MAX_RELATIVE_SHARE * shares)
                & (shares * n_others >= _MIN_EXPECTED)
            )
            if not is_own.any():
                continue
            place = int(np.where(is_own, shares, -1).argmax())
            share = float(shares[place])
            if label not in best or share > best[label].share:
                best[label] = LabelPatch(label, codes[place], weights, share)
    return list(best.values())


def _is_confirmed(patch: LabelPatch, pictures: PictureSplits) -> bool:
    """Say whether validation pictures with the patch have its label too, and training ones are of several entities.

    Pictures of one entity, such as a scene, may share a background without any stamp.
    """
    train_holders = patch.lies_in(pictures.images(pictures.train))
    validation_holders = patch.lies_in(pictures.images(pictures.validation))
    n_entities = pictures.train.table["entity"][train_holders].nunique()
    if n_entities < _MIN_ENTITIES or not validation_holders.any():
        return False
    has_label = pictures.validation.targets()[validation_holders] == patch.label
    return bool(has_label.mean() >= _MIN_CONFIRMED)


def _finding(patch: LabelPatch, test: Examples, holders: set[str], benchmark: Benchmark, check: str) -> Finding | None:
    """Return the gain in accuracy over the patch on the test pictures with the ids `holders`; None without any."""
    model_rows = benchmark.model_rows[benchmark.model_rows["id"].isin(holders)].sort_values("id", ignore_index=True)
    if model_rows.empty:
        return None

    label = test.labels[patch.label]
    accuracy = SCORE + "accuracy"
    patch_rows = model_rows.assign(**{accuracy: (model_rows["label"] == label).astype(float)})
    model = Measurement(model_rows, ["accuracy"], positive=benchmark.decision.positive, seed=benchmark.seed)
    patch_label = Measurement(patch_rows, ["accuracy"], positive=benchmark.decision.positive, seed=benchmark.seed)
    gain = model.against(patch_label)["accuracy"]

    rows, columns = patch.shape
    reason = (
        f"A {rows} x {columns} patch lies bit by bit in {patch.share:.0%} of the training pictures of {label!r} and in "
        f"hardly any others. Of the {len(model_rows):,} test pictures that hold it {patch_rows[accuracy].mean():.0%} "
        f"are {label!r}, and the model is right in {model_rows[accuracy].mean():.0%}: it may go by the patch."
    )
    return Finding.from_interval(check, gain, metric="accuracy", label=label, reason=reason)
