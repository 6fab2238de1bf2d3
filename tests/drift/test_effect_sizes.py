"""Effect sizes of a column: by hand, by Welch's interval and by simulation, and where values are missing."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
import pytest
from known import known
from scipy.stats import binom, ttest_ind

from hallmark.drift import effect_sizes


class Measure(Protocol):
    """An effect size of a column."""

    def __call__(
        self, reference: pd.DataFrame, recent: pd.DataFrame, column: str, *, confidence: float
    ) -> effect_sizes.EffectSize: ...


MEASURES: list[tuple[Measure, list[float] | list[str]]] = [  # with two values of a column that it measures
    (effect_sizes.glass_delta, [1.0, 2.0]),
    (effect_sizes.cohens_h, ["a", "b"]),
]


def frame(values: Sequence[object], entities: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"x": values, "entity": entities or [f"e{row}" for row in range(len(values))]})


def test_shift_in_standard_deviations_of_the_reference() -> None:
    effect = effect_sizes.glass_delta(frame([0.0, 2.0, 0.0, 2.0]), frame([2.0, 3.0]), "x", confidence=0.95)
    assert effect.estimate == pytest.approx(1.5)
    assert effect.n == 2 and effect.words == "mean 1 → 2.5"


def test_interval_of_independent_rows_is_welchs() -> None:
    generator = np.random.default_rng(1)
    old = generator.normal(size=90)
    new = generator.normal(0.3, 2, size=70)
    effect = effect_sizes.glass_delta(frame([*old]), frame([*new]), "x", confidence=0.9)
    welch = ttest_ind(new, old, equal_var=False).confidence_interval(0.9)
    assert effect.low == pytest.approx(welch.low / old.std(), rel=1e-6)
    assert effect.high == pytest.approx(welch.high / old.std(), rel=1e-6)


def test_interval_covers_where_rows_come_in_entities() -> None:
    generator = np.random.default_rng(2)
    entities = [f"e{number}" for number in np.repeat(np.arange(12), 20)]
    runs = 200
    covered = 0

    for _ in range(runs):
        old, new = (
            frame([*(generator.normal(size=12).repeat(20) + generator.normal(size=240))], entities) for _ in range(2)
        )
        effect = effect_sizes.glass_delta(old, new, "x", confidence=0.95)
        covered += known(effect.low) <= 0 <= known(effect.high)

    low, high = binom.interval(0.999, runs, 0.95)
    assert low <= covered <= high


def test_cohens_h_by_hand() -> None:
    old = frame(["a"] * 50 + ["b"] * 50)
    new = frame(["a"] * 25 + ["b"] * 75)
    effect = effect_sizes.cohens_h(old, new, "x", confidence=0.95)

    shift = 2 * (np.arcsin(np.sqrt(0.25)) - np.arcsin(np.sqrt(0.5)))
    assert effect.estimate == pytest.approx(shift)
    assert effect.words == "share of a 50.0% → 25.0%"

    half = 1.96 * np.sqrt(1 / 50)  # the variance of h is 1 / n on each side
    low = known(effect.low)
    assert low == pytest.approx(shift - half, abs=0.03)
    assert effect.high == pytest.approx(-low)  # it holds the shift of b as well


def test_unseen_category_is_the_effect() -> None:
    effect = effect_sizes.cohens_h(frame(["a"] * 40), frame(["a"] * 30 + ["new"] * 10), "x", confidence=0.95)
    assert abs(known(effect.estimate)) == pytest.approx(2 * np.arcsin(0.5))
    assert known(effect.low) < -0.5
    assert known(effect.high) > 0.5


def test_constant_column_has_no_shift() -> None:
    effect = effect_sizes.glass_delta(frame([1.0] * 5), frame([1.0] * 4), "x", confidence=0.95)
    assert (effect.estimate, effect.low, effect.high) == (0.0, 0.0, 0.0)


def test_constant_reference_is_measured_by_both_sides() -> None:
    effect = effect_sizes.glass_delta(frame([0.0] * 5), frame([1.0] * 5), "x", confidence=0.95)
    assert effect.estimate == pytest.approx(2.0)  # half zeros, half ones: standard deviation 0.5


@pytest.mark.parametrize(("measure", "values"), MEASURES)
def test_one_entity_has_no_interval(measure: Measure, values: list[object]) -> None:
    effect = measure(frame(values * 3), frame(values, ["e", "e"]), "x", confidence=0.95)
    assert effect.estimate is not None
    assert (effect.low, effect.high, effect.n) == (None, None, 1)


@pytest.mark.parametrize(("measure", "values"), MEASURES)
def test_no_values_have_no_estimate(measure: Measure, values: list[object]) -> None:
    effect = measure(frame(values), frame([None, None]), "x", confidence=0.95)
    assert effect.estimate is None
    assert effect.words == "one side has no values"
