"""Simple methods for scans and clinical data, and the intensities that they read, by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.medical import baselines


def _made(n: int = 400, *, columns: bool = True) -> Examples:
    """Patients of whom those over 60 are mostly ill, and ill scans are brighter; half of each is chance."""
    generator = np.random.default_rng(4)
    age = generator.uniform(30, 90, n)
    ill = generator.random(n) < np.where(age > 60, 0.8, 0.2)
    images = (generator.normal(100, 12, (n, 1, 9, 9)) + 10 * ill[:, None, None, None]).clip(0, 255).astype(np.uint8)
    table = pd.DataFrame({"label": np.where(ill, "lesion", "clear"), "descriptor.brightness": images.mean((1, 2, 3))})
    if not columns:
        return Examples(table, {"image": images}, ("clear", "lesion"))

    table["descriptor.age"] = age
    arrays: dict[str, np.ndarray] = {"image": images, "clinical": age[:, None].astype(np.float32)}
    return Examples(table, arrays, ("clear", "lesion"), encoding={"clinical": ["age"]})


def _area(logits: np.ndarray, examples: Examples) -> float:
    score = logits[:, 1] - logits[:, 0]
    ill = examples.targets() == 1
    return float((score[ill][:, None] > score[~ill]).mean() + (score[ill][:, None] == score[~ill]).mean() / 2)


def test_both_methods_learn_from_scan_and_patient() -> None:
    examples = _made(1000)
    train = examples.take(np.arange(500))
    test = examples.take(np.arange(500, 1000))

    found = baselines.fit(train, seed=1)
    assert set(found) == {"logistic regression", "extra trees", "rule"}

    rule = _area(found["rule"](test)["logits"], test)
    assert 0.7 < rule < 0.9
    for name in ("logistic regression", "extra trees"):
        logits = found[name](test)["logits"]
        assert logits.dtype == np.float32
        assert logits.shape == (500, 2)
        assert _area(logits, test) > rule


def test_the_rule_cuts_the_clinical_number_where_the_labels_part() -> None:
    examples = _made(2000)
    predict = baselines.fit(examples, seed=1)["rule"]
    logits = predict(examples)["logits"]

    above = logits[:, 1] > logits[:, 0]
    age = examples.arrays["clinical"][:, 0]
    assert 57 < age[above].min() < 63
    assert (age[above].min() > age[~above]).all()

    shares = np.exp(logits[above][0])
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    assert shares[1] == pytest.approx(examples.targets()[above].mean(), abs=0.01)


def test_without_clinical_data_the_rule_is_on_brightness() -> None:
    examples = _made(columns=False)
    found = baselines.fit(examples, seed=1)
    assert _area(found["rule"](examples)["logits"], examples) > 0.8
    assert baselines.features(examples).shape[1] == baselines.features(_made()).shape[1] - 1


def test_intensities_by_hand() -> None:
    flat = np.full((1, 1, 4, 4), 128, np.uint8)
    flat[0, 0, :, 2:] = 255
    image = Examples(pd.DataFrame({"label": ["a"]}), {"image": flat}, ("a", "b"))

    found = baselines.features(image)[0]

    histogram = found[:16]
    assert histogram[8] == histogram[15] == 0.5
    assert histogram.sum() == 1
    low = 128 / 255
    high = 1.0
    assert found[16:23].tolist() == pytest.approx([low, low, low, (low + high) / 2, high, high, high], abs=1e-6)
    assert found[23:25].tolist() == pytest.approx([(low + high) / 2, (high - low) / 2], abs=1e-6)


def test_labels_that_training_lacks_are_never_answered() -> None:
    train = replace(_made(100), labels=("clear", "lesion", "other"))
    for predict in baselines.fit(train, seed=1).values():
        logits = predict(train)["logits"]
        assert np.isfinite(logits).all()
        assert (logits[:, 2] < logits[:, :2].max(axis=1)).all()


def test_same_data_same_logits() -> None:
    train = _made(100)
    first, second = ({n: p(train)["logits"] for n, p in baselines.fit(train, seed=1).items()} for _ in range(2))
    assert all((first[name] == second[name]).all() for name in first)


def test_one_label_is_refused() -> None:
    train = _made()
    with pytest.raises(InputError, match="have the label 'clear' only"):
        baselines.fit(train.take(train.targets() == 0), seed=1)
