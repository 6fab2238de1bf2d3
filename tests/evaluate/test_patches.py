"""A stamp that tells the label, wherever it lies in a picture, and honest pictures in which no patch does."""

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evaluate.made import QUIET, Scoring
from known import known
from sklearn.datasets import load_digits

from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples, Source
from hallmark.contracts.findings import Finding
from hallmark.evaluate import patch_features, patches
from hallmark.evaluate.partial_inputs import Benchmark
from hallmark.evaluate.scored_predictions import score_splits, split_examples
from hallmark.evaluate.scorer_table import compare_scorers, rows_by_scorer

pytestmark = pytest.mark.proof

DIGITS = tuple("0123456789")
MARGIN = 0.02  # of conf/gate/default.yaml


@pytest.fixture(scope="module")
def digits() -> Examples:
    images, classes = load_digits(return_X_y=True)
    pixels = np.rint(images.reshape(-1, 1, 8, 8) * 15.9375).astype(np.uint8)
    count = len(pixels)
    table = pd.DataFrame(
        {"id": [f"d{row:04}" for row in range(count)], "entity": [f"w{row // 30}" for row in range(count)]}
    )
    table["label"] = [DIGITS[digit] for digit in classes]
    table["split"] = np.array(["train", "train", "validation", "test", "test"])[np.arange(count) // 30 % 5]
    return Examples(table, {"image": pixels}, DIGITS, Source(title="digits", entity="writer"))


def stamped(examples: Examples, kind: str) -> Examples:
    """Put a stamp of 4 x 4 pixels somewhere into each picture: its look depends on the label, its place does not."""
    rng = np.random.default_rng(1)
    looks = np.random.default_rng(2).integers(0, 256, (len(DIGITS), 4, 4))
    images = examples.arrays["image"].copy()
    for picture, digit in zip(images, examples.targets(), strict=True):
        row, column = rng.integers(5, size=2)
        stamp = {
            "grey": np.full((4, 4), 25.0 * digit),
            "pattern": looks[digit].astype(float),
            "noisy pattern": looks[digit] + rng.normal(scale=8, size=(4, 4)),
        }[kind]
        picture[0, row : row + 4, column : column + 4] = np.clip(np.rint(stamp), 0, 255)
    return replace(examples, arrays={"image": images})


def over_patches(examples: Examples) -> list[Finding]:
    """Ask of a model that is right in 99 of 100 pictures."""

    def model(some: Examples) -> dict[str, np.ndarray]:
        wrong = np.random.default_rng(len(some)).random(len(some)) < 0.01
        return {"logits": 9.0 * np.eye(10)[(some.targets() + wrong) % 10]}

    validation = examples.split("validation")
    post = Scoring.fit_postprocess(model(validation), validation, decision=Decision())
    split = split_examples(examples, max_train_rows=100, seed=1)
    scored = score_splits(split, {"model": model}, Scoring, progress=QUIET, model_postprocess=post, decision=Decision())
    scorer_table = compare_scorers(rows_by_scorer(scored.table), ["accuracy"], positive=None, seed=1, progress=QUIET)
    bench = Benchmark(
        examples=split,
        model_rows=scored.of("model", "test"),
        scorer_table=scorer_table,
        scoring=Scoring,
        decision=Decision(),
        primary_metric="accuracy",
        seed=1,
    )
    return patches.patch_findings(examples.split("train"), bench, seed=1)


@pytest.mark.parametrize("kind", ["grey", "pattern", "noisy pattern"])
def test_a_stamp_that_moves_about_is_as_good_as_the_model(digits: Examples, kind: str) -> None:
    finding = over_patches(stamped(digits, kind))[0]
    assert (finding.check, finding.question, finding.subject) == ("evaluate.patch", 7, "accuracy over one patch alone")
    assert known(finding.low) < MARGIN
    assert "patch" in finding.reason
    assert finding.n == 24  # writers


def test_one_patch_of_an_honest_digit_is_not_enough(digits: Examples) -> None:
    (finding,) = over_patches(digits)
    assert known(finding.low) > 2 * MARGIN


STAMPS = {
    "white square": (np.full((4, 4), 255), (4, 4)),
    "pattern": (np.random.default_rng(2).integers(0, 256, (4, 4)), (4, 4)),
    "line": (np.full((1, 8), 77), (1, 8)),
    "upright line": (np.full((8, 1), 77), (8, 1)),
    "small mark": (np.array([[201, 52], [3, 99]]), (2, 2)),
}


@pytest.mark.parametrize("kind", STAMPS)
@pytest.mark.parametrize("share", [0.5, 0.3])
def test_a_stamp_in_part_of_the_pictures_of_a_digit_is_named(digits: Examples, kind: str, share: float) -> None:
    """The others of this digit are honest, so that one patch alone is no rival of the model over all pictures."""
    rng = np.random.default_rng(3)
    stamp, (rows, columns) = STAMPS[kind]
    images = digits.arrays["image"].copy()
    for place in np.flatnonzero((digits.targets() == 4) & (rng.random(len(images)) < share)):
        row = rng.integers(9 - rows)
        column = rng.integers(9 - columns)
        images[place, 0, row : row + rows, column : column + columns] = stamp

    everywhere, own = over_patches(replace(digits, arrays={"image": images}))
    assert known(everywhere.low) > MARGIN
    assert (own.check, own.subject) == ("evaluate.patch", "accuracy over the patch of 4 alone, where it lies")
    assert known(own.estimate) <= 0.0
    assert known(own.low) < MARGIN
    assert f"A {rows} x {columns} patch lies bit by bit" in own.reason or rows * columns != 4


def test_a_stamp_that_all_digits_share_is_none_of_ones_own(digits: Examples) -> None:
    images = digits.arrays["image"].copy()
    images[np.random.default_rng(4).random(len(images)) < 0.5, 0, :2, :4] = [[9, 8, 7, 6], [1, 2, 3, 4]]
    for finding in over_patches(replace(digits, arrays={"image": images})):
        assert known(finding.low) > MARGIN, finding


def test_the_pictures_of_one_scene_may_share_its_background(digits: Examples) -> None:
    """Four cameras took all fours of training, each with a shelf of its own behind them."""
    images = digits.arrays["image"].copy()
    table = digits.table.copy()
    fours = np.flatnonzero(digits.targets() == 4)
    shelves = np.random.default_rng(5).integers(0, 256, (4, 1, 8, 3))
    images[fours, :, :, :3] = shelves[np.arange(len(fours)) % 4]
    together = np.array([f"camera {at % 4} {split}" for at, split in enumerate(table["split"].to_numpy()[fours])])
    table.loc[fours, "entity"] = together
    found = over_patches(replace(digits, table=table, arrays={"image": images}))
    assert [finding.subject for finding in found] == ["accuracy over one patch alone"]


def phantoms(mark: str) -> tuple[np.ndarray, np.ndarray]:
    """Return noise with a slope (n, 1, 24, 24) and labels; the label hangs on the mark alone, if there is one."""
    rng = np.random.default_rng(4)
    labels = rng.integers(2, size=400)
    slope = np.add.outer(np.arange(24), np.arange(24)) * 3.0 + rng.normal(80, 10, (400, 1, 1))
    images = slope + rng.normal(scale=12, size=(400, 24, 24))
    for picture, label in zip(images, labels, strict=True):
        row, column = rng.integers(20, size=2)
        block = (slice(row, row + 4), slice(column, column + 4))
        if label and mark == "even":
            picture[block] = 128
        elif label and mark == "bright":
            picture[block] = 255
        elif label and mark == "check":
            picture[block] = 255 * (np.indices((4, 4)).sum(axis=0) % 2)
        elif label and mark == "line":
            picture[row, column // 2 : column // 2 + 8] = 20
        elif label and mark == "corner":
            picture[1:3, 20:22] = 230
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)[:, None], labels


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("even", "grey 128"),
        ("bright", "patch"),
        ("check", "patch"),
        ("line", "patch"),
        ("corner", "the pixel in row"),
        ("none", ""),
    ],
)
def test_marks_of_many_kinds_are_found_and_named(mark: str, said: str) -> None:
    images, labels = phantoms(mark)
    chosen = patch_features.select_features(images[:250], labels[:250], seed=1)
    numbers = chosen.compute(images)
    assert numbers.shape[1] == len(chosen.names) == 1 or mark == "none"

    ranks = numbers[250:, 0].argsort().argsort()
    own = labels[250:] == 1
    area = (ranks[own].mean() - (own.sum() - 1) / 2) / (~own).sum()

    assert (abs(area - 0.5) > 0.49) == (mark != "none")
    assert any(said in name for name in chosen.names)


def test_a_faint_mark_at_a_fixed_place_stands_out_of_the_noise() -> None:
    rng = np.random.default_rng(6)
    labels = rng.integers(2, size=400)
    images = rng.normal(120, 20, (400, 1, 24, 24))
    images[labels == 1, :, 2:6, 18:22] += 20
    images = np.rint(images).astype(np.uint8)
    (name,) = patch_features.select_features(images[:250], labels[:250], seed=1).names
    assert name == "the mean of the 4 x 4 patch in row 2, column 18"

    block = images[250:, 0, 2:6, 18:22].mean(axis=(1, 2))
    assert ((block > 130) == labels[250:]).mean() > 0.97
    assert ((images[250:, 0, 4, 20] > 130) == labels[250:]).mean() < 0.75  # one pixel says little


def test_colour_pictures_and_odd_sizes_are_looked_through() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(2, size=120)
    for shape in ((3, 9, 14), (1, 3, 3), (2, 1, 5)):
        images = rng.integers(0, 256, (120, *shape), dtype=np.uint8)
        images[:, -1, -1, -1] = np.where(labels, 250, 3)
        chosen = patch_features.select_features(images, labels, seed=1)
        assert np.isfinite(chosen.compute(images)).all()
        assert set(np.sign(chosen.compute(images)[:, 0] - chosen.compute(images)[:, 0].mean())[labels == 1]) in (
            {1.0},
            {-1.0},
        )


def test_features_of_a_colour_picture_name_their_channel() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(2, size=120)
    images = rng.integers(0, 256, (120, 3, 9, 14), dtype=np.uint8)
    images[:, 1, 4, 7] = np.where(labels, 250, 3)
    (name,) = patch_features.select_features(images, labels, seed=1).names
    assert name == "the pixel in row 4, column 7 in channel 1"

    images[:, 1, 4, 7] = 3
    for number in np.flatnonzero(labels):
        row, column = rng.integers(6, size=2)
        images[number, 2, row : row + 4, column : column + 4] = 128
    names = patch_features.select_features(images, labels, seed=1).names
    assert all("2 x 2 patch" in name and name.endswith("in channel 2") for name in names)


@pytest.mark.parametrize("change", [{"arrays": {"x": np.zeros((1797, 3))}}, {"labels": ()}])
def test_where_there_is_no_picture_or_no_label_the_check_does_not_apply(
    digits: Examples, change: dict[str, Any]
) -> None:
    bench = Benchmark(
        examples={},
        model_rows=digits.table,
        scorer_table=digits.table,
        scoring=Scoring,
        decision=Decision(),
        primary_metric="accuracy",
        seed=1,
    )
    (finding,) = patches.patch_findings(replace(digits, **change), bench, seed=1)

    assert (finding.check, finding.verdict) == ("evaluate.patch", "not applicable")


def test_typical_patches_of_large_pictures_take_little_memory_and_are_those_of_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = np.random.default_rng(3).integers(0, 256, (12, 3, 192, 192), dtype=np.uint8)
    targets = np.arange(12) % 2

    def nearness() -> tuple[np.ndarray, int]:
        tracemalloc.start()
        group = patch_features.typical_patches(images, targets, 4, seed=1)
        made = group.compute(images, np.arange(len(group.names)))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return made, peak

    in_parts, peak = nearness()
    monkeypatch.setattr(patch_features, "_CHUNK_PIXELS", images.size)
    at_once, whole_peak = nearness()
    assert np.array_equal(in_parts, at_once)
    assert peak < 100e6 < 4 * peak < whole_peak
