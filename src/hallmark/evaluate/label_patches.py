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
from hallmark.evaluate.partial_inputs import Bench
from hallmark.evaluate.patch_codes import Shape
from hallmark.metrics import Measurement

_OWN = 0.15  # fraction of a label's training pictures that hold a patch of its own
_OTHERS = 0.02  # fraction of that at which other labels' pictures may hold it
_EXPECTED = 30  # pictures of other labels that would hold it if they did as often: with fewer, chance leaves them out
_CONFIRMED = 0.95  # fraction of the validation pictures with a label's own patch that must have this label
_ENTITIES = 5  # at least, of the training pictures that hold it


@dataclass(frozen=True)
class OwnPatch:
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
        return np.asarray((patch_codes.codes(images, self.weights) == self.code).any(axis=1))


def findings(
    train: Examples,
    validation: Examples,
    test: Examples,
    array: str,
    shapes: Sequence[Shape],
    bench: Bench,
    *,
    check: str,
    seed: int,
) -> list[Finding]:
    """Return, for each label that has a patch of its own, how much more accurate the model is than the patch's label on
    the test pictures that hold it. The pictures (n, C, H, W) are the uint8 `array` of each split.
    """
    patches = _own_patches(np.asarray(train.arrays[array]), train.targets(), shapes, seed=seed)
    confirmed = [patch for patch in patches if _is_confirmed(patch, train, validation, array)]
    found = [_finding(patch, test, array, bench, check) for patch in confirmed]
    return [finding for finding in found if finding is not None]


def _own_patches(images: np.ndarray, targets: np.ndarray, shapes: Sequence[Shape], *, seed: int) -> list[OwnPatch]:
    """Return, for each label that has any, the patch that most of its training pictures hold and hardly any others."""
    totals = np.bincount(targets)
    best: dict[int, OwnPatch] = {}
    for shape in shapes:
        factors = patch_codes.weights(images.shape[1], shape, seed=seed)
        known, counts = patch_codes.count_by_label(patch_codes.codes(images, factors), targets)
        for label in map(int, np.flatnonzero(totals)):
            others = totals.sum() - totals[label]
            shares = counts[:, label] / totals[label]
            other_shares = (counts.sum(axis=1) - counts[:, label]) / max(others, 1)
            own = (shares >= _OWN) & (other_shares <= _OTHERS * shares) & (shares * others >= _EXPECTED)
            if own.any():
                place = int(np.where(own, shares, -1).argmax())
                found = OwnPatch(int(label), known[place], factors, float(shares[place]))
                best[label] = max(best.get(label, found), found, key=lambda patch: patch.share)
    return list(best.values())


def _is_confirmed(patch: OwnPatch, train: Examples, validation: Examples, array: str) -> bool:
    """Whether validation pictures that hold the patch have its label, too, and the training pictures that do are of
    several entities: the pictures of one scene may share its background.
    """
    holders = train.table["entity"][patch.lies_in(np.asarray(train.arrays[array]))]
    seen_again = patch.lies_in(np.asarray(validation.arrays[array]))
    if holders.nunique() < _ENTITIES or not seen_again.any():
        return False
    return bool((validation.targets()[seen_again] == patch.label).mean() >= _CONFIRMED)


def _finding(patch: OwnPatch, test: Examples, array: str, bench: Bench, check: str) -> Finding | None:
    """Return how much more accurate the model is than the patch's label on the test pictures that hold the patch."""
    holding = test.table["id"][patch.lies_in(np.asarray(test.arrays[array]))]
    ours = bench.model[bench.model["id"].isin(holding)].sort_values("id", ignore_index=True)
    if ours.empty:
        return None

    label = test.labels[patch.label]
    accurate = SCORE + "accuracy"
    theirs = ours.assign(**{accurate: (ours["label"] == label).astype(float)})
    model, patch_label = (
        Measurement(rows, ["accuracy"], positive=bench.decision.positive, seed=bench.seed) for rows in (ours, theirs)
    )
    gain = model.against(patch_label)["accuracy"]
    rows, columns = patch.shape
    why = (
        f"A {rows} x {columns} patch lies bit by bit in {patch.share:.0%} of the training pictures of {label!r} and in "
        f"hardly any others. Of the {len(ours):,} test pictures that hold it {theirs[accurate].mean():.0%} are "
        f"{label!r}, and the model is right in {ours[accurate].mean():.0%}: it may go by the patch."
    )
    return Finding.from_interval(check, gain, metric="accuracy", label=label, reason=why)
