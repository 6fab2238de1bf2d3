"""A patch of one label's own: a stamp in part of a label's pictures, by which the model may go there.

Of honest pictures (digits, Fashion-MNIST, phantom scans) no patch lies bit by bit in more than 7 % of one label's
pictures and in hardly any other's. So one that lies in 15 % of them is a stamp, even where most pictures of the label
have none and need an honest look.
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

_MIN_SHARE = 0.15  # of a label's training pictures that hold a patch of its own
_MAX_RELATIVE_SHARE = 0.02  # fraction of that at which other labels' pictures may hold it
_MIN_EXPECTED = (
    30  # pictures of other labels that would hold it if they did as often: with fewer, chance leaves them out
)
_MIN_CONFIRMED = 0.95  # fraction of the validation pictures with a label's own patch that must have this label
_MIN_ENTITIES = 5  # of the training pictures that hold it


@dataclass(frozen=True)
class LabelPatch:
    """A patch of one label's own: its `code` under `weights`, and the `share` of the label's training pictures."""

    label: int
    code: np.uint64
    weights: np.ndarray
    share: float

    @property
    def shape(self) -> Shape:
        return self.weights.shape[1], self.weights.shape[2]

    def lies_in(self, images: np.ndarray) -> np.ndarray:
        """Return which pictures (n, C, H, W) hold it, (n,)."""
        codes = patch_codes.encode_patches(images, self.weights)
        return np.asarray((codes == self.code).any(axis=1))


def label_patch_findings(
    pictures: PictureSplits, shapes: Sequence[Shape], benchmark: Benchmark, *, check: str, seed: int
) -> list[Finding]:
    """Return, for each label that has a patch of its own, how much more accurate the model is than the patch's label on
    the test pictures that hold it.
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
    """Return, for each label that has any, the patch that most of its training pictures hold and hardly any others."""
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
    """Say whether validation pictures that hold the patch have its label, too, and the training pictures that do are of
    several entities: the pictures of one scene may share its background.
    """
    train_holders = patch.lies_in(pictures.images(pictures.train))
    validation_holders = patch.lies_in(pictures.images(pictures.validation))
    n_entities = pictures.train.table["entity"][train_holders].nunique()
    if n_entities < _MIN_ENTITIES or not validation_holders.any():
        return False
    has_label = pictures.validation.targets()[validation_holders] == patch.label
    return bool(has_label.mean() >= _MIN_CONFIRMED)


def _finding(patch: LabelPatch, test: Examples, holders: set[str], benchmark: Benchmark, check: str) -> Finding | None:
    """Return how much more accurate the model is than the patch's label on the test pictures with the ids `holders`."""
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
