"""A person's function as a metric: its interval, and each mistake of it in one sentence."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import FunctionType

import numpy as np
import pandas as pd
import pytest
from known import known
from sklearn.metrics import f1_score

from hallmark.errors import InputError
from hallmark.metrics import FunctionMetric, Interval, Measurement
from hallmark.metrics.metric import Support


def f1(rows: pd.DataFrame) -> float:
    label, prediction = (rows[name].to_numpy() == "yes" for name in ("label", "prediction"))
    marked = label.sum() + prediction.sum()
    return 2 * (label & prediction).sum() / marked if marked else float("nan")


F1 = FunctionMetric("f1", label="F1", unit="harmonic mean", higher_is_better=True, support="share", function=f1)


def predictions(entities: int, seed: int, *, rows_each: int = 2) -> pd.DataFrame:
    """Labels and answers that go together within entities, 40 % "yes", true F1 0.744."""
    generator = np.random.default_rng(seed)
    entity = np.repeat(np.arange(entities), rows_each)

    def noise() -> np.ndarray:
        of_entities = np.sqrt(0.2) * generator.normal(size=entities)
        of_rows = np.sqrt(0.8) * generator.normal(size=len(entity))
        return np.asarray(of_entities[entity] + of_rows)

    shared = noise()
    label = shared > 0.2533
    prediction = 0.9 * shared + np.sqrt(0.19) * noise() > 0.2533
    return pd.DataFrame(
        {
            "id": np.arange(len(entity)),
            "entity": entity,
            "label": np.where(label, "yes", "no"),
            "prediction": np.where(prediction, "yes", "no"),
            "score.accuracy": (label == prediction).astype(float),
            "weight.accuracy": 1.0,
        }
    )


def test_a_function_is_a_metric_like_any_other() -> None:
    rows = predictions(150, 0)
    slices = {"first": np.arange(300) < 100, "rest": np.arange(100, 300)}
    measured = Measurement(rows, ["accuracy", F1], slices=slices, positive="yes", seed=1)

    overall = measured.overall["f1"]
    assert overall.estimate == pytest.approx(f1_score(rows["label"], rows["prediction"], pos_label="yes"))
    assert overall.n == 150
    assert 0.05 < known(overall.high) - known(overall.low) < 0.2

    assert measured.by_group["f1", "first"].estimate == pytest.approx(f1(rows[:100]))
    gap = measured.difference()["f1", "first"]
    assert gap.estimate == pytest.approx(f1(rows[:100]) - f1(rows[100:]))
    assert known(gap.low) < known(gap.estimate)


def test_two_scorers_are_paired() -> None:
    rows = predictions(150, 0)
    same = Measurement(rows, [F1], positive="yes", seed=1)
    worse = Measurement(rows.assign(prediction="yes"), [F1], positive="yes", seed=1)
    gain = same.against(worse)["f1"]
    assert gain.estimate == pytest.approx(f1(rows) - f1(rows.assign(prediction="yes")))
    assert known(gain.low) > 0
    assert same.against(same)["f1"].estimate == 0


@pytest.mark.slow
@pytest.mark.parametrize(("entities", "tables"), [(40, 120), (300, 60)])
def test_its_intervals_cover(entities: int, tables: int) -> None:
    """95 %, to within three standard errors of so few tables: each entity by itself, and in blocks of two."""
    truth = f1(predictions(200_000, 99))
    intervals = [
        Measurement(predictions(entities, seed), [F1], positive="yes", seed=1).overall["f1"] for seed in range(tables)
    ]
    covered = np.mean([known(interval.low) <= truth <= known(interval.high) for interval in intervals])
    assert covered == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / tables))


@pytest.mark.slow
def test_the_difference_of_a_slice_of_150_among_450_entities_covers() -> None:
    """The slice has fewer entities than there are blocks, the rest has more; both parts have the same true F1."""
    tables = 80
    covered = []
    widths = []
    for seed in range(tables):
        rows = predictions(450, seed)
        slices = {"a": rows["entity"].to_numpy() < 150}
        gap = Measurement(rows, [F1], slices=slices, positive="yes", seed=seed).difference()["f1", "a"]
        low = known(gap.low)
        high = known(gap.high)
        covered.append(low <= 0 <= high)
        widths.append(high - low)

    assert np.mean(covered) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / tables))
    assert np.std(widths) < 0.1 * np.mean(widths)


def test_a_function_that_needs_every_block_has_an_estimate_and_no_limits() -> None:
    rows = predictions(30, 0).assign(prediction="no")
    rows.loc[0, ["label", "prediction"]] = "yes"
    rows.loc[1:, "label"] = "no"
    measured = Measurement(rows, [F1], positive="yes", seed=1).overall["f1"]
    assert measured.estimate == 1
    assert (measured.low, measured.high) == (None, None)


def test_real_valued_functions_take_halls_limits() -> None:
    rows = predictions(100, 0).assign(x=np.random.default_rng(0).normal(size=200))
    rows["y"] = rows["x"] * 0.5 + np.random.default_rng(1).normal(size=200)
    correlation = FunctionMetric(
        "correlation",
        label="Correlation",
        unit="",
        higher_is_better=True,
        support="real",
        function=lambda r: r["x"].corr(r["y"]),
        columns=("x", "y"),
    )

    measured = Measurement(rows, [correlation], positive=None, seed=1).overall["correlation"]

    expected = rows["x"].corr(rows["y"])
    standard_error = (1 - expected**2) / np.sqrt(200)
    assert measured.estimate == pytest.approx(expected)
    assert (known(measured.high) - known(measured.low)) / 4 == pytest.approx(standard_error, rel=0.25)


def test_a_missing_column_is_named() -> None:
    metric = FunctionMetric(
        "m",
        label="M",
        unit="",
        higher_is_better=True,
        support="real",
        function=lambda rows: rows["x"].mean(),
        columns=("x",),
    )

    with pytest.raises(InputError, match="'m' reads 'x'"):
        Measurement(predictions(10, 0), [metric], positive=None, seed=1).overall  # noqa: B018


def constant(value: object, support: Support = "real") -> FunctionMetric:
    """A function that returns `value` of any rows, as `evaluate.functions.own` would name it."""
    return FunctionMetric(
        "own",
        label="Own",
        unit="",
        higher_is_better=True,
        support=support,
        function=lambda rows: value,  # type: ignore[arg-type, return-value] # a person's function may return anything
        key="evaluate.functions.own",
    )


@pytest.mark.parametrize(
    ("support", "value", "words"),
    [
        ("share", 1.9, "returned 1.9 for 20 rows"),
        ("share", np.float64(-0.25), "returned -0.25 for 20 rows"),
        ("share", 1.9, "its support, share, is from 0 to 1; return such a value, or give it another support"),
        ("non-negative", -0.49, "its support, non-negative, is 0 or more; return such a value, or give it another"),
        ("real", float("inf"), "returned inf for 20 rows"),
        ("non-negative", float("-inf"), "it must return one finite number, or float('nan') where rows have no value"),
        ("real", 10**400, "it must return one finite number"),
        ("real", None, "returned None (NoneType)"),
        ("real", "0.5", "returned '0.5' (str)"),
        ("real", np.array([0.5, 0.6]), "returned array([0.5, 0.6]) (ndarray)"),
        ("real", pd.Series([0.5]), "(Series)"),
        ("real", pd.NA, "it must return one finite number, or float('nan') where rows have no value"),
        ("real", 0.5 + 1j, "(complex)"),
        ("share", True, "returned True (bool)"),
        ("real", Decimal("0.5"), "(Decimal)"),
    ],
)
def test_a_value_that_is_none_of_its_support_is_one_sentence(support: Support, value: object, words: str) -> None:
    measured = Measurement(predictions(10, 0), [constant(value, support)], positive="yes", seed=1)
    with pytest.raises(InputError, match=re.escape(words)) as refused:
        measured.overall  # noqa: B018

    sentence = str(refused.value)
    assert sentence.startswith("evaluate.functions.own returned ")
    assert re.search(rf"\(<lambda> in .*{Path(__file__).name}, line \d+\): ", sentence)
    assert "\n" not in sentence


def test_a_value_is_checked_for_every_slice_and_every_block() -> None:
    """The whole table has a value, half of it has another: so has the table without a block."""
    metric = FunctionMetric(
        "own",
        label="Own",
        unit="",
        higher_is_better=True,
        support="share",
        function=lambda rows: 0.5 if len(rows) == 20 else 1.5,
    )
    rows = predictions(10, 0)

    with pytest.raises(InputError, match="metric 'own' returned 1.5 for 18 rows"):
        Measurement(rows, [metric], positive="yes", seed=1).overall  # noqa: B018
    with pytest.raises(InputError, match="metric 'own' returned 1.5 for 8 rows"):
        Measurement(rows, [metric], slices={"a": np.arange(20) < 8}, positive="yes", seed=1).by_group  # noqa: B018


def test_a_rounding_error_outside_the_support_is_its_bound() -> None:
    above = constant(1 + 1e-12, "share")
    below = constant(-1e-12, "non-negative")
    for metric, bound in ((above, 1.0), (below, 0.0), (constant(1, "share"), 1.0)):
        assert Measurement(predictions(10, 0), [metric], positive="yes", seed=1).overall["own"].estimate == bound


def test_a_function_without_a_value_is_not_estimable() -> None:
    measured = Measurement(predictions(10, 0), [constant(float("nan"), "share")], positive="yes", seed=1)
    assert measured.overall["own"] == Interval(None, None, None, 0)


def needs_confidence(rows: pd.DataFrame) -> float:
    return float(rows["confidence"].mean())


def divides(rows: pd.DataFrame) -> float:
    return 1 / (len(rows) - 18)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (needs_confidence, "with KeyError: 'confidence' (the function gets the columns label, prediction): mend it"),
        (divides, "failed on 18 rows (divides in "),
        (divides, "with ZeroDivisionError: division by zero"),
        (float, "failed on 20 rows with TypeError: float() argument must be"),
    ],
)
def test_an_exception_of_a_function_is_one_sentence_with_its_line(
    function: Callable[[pd.DataFrame], float], words: str
) -> None:
    metric = FunctionMetric(
        "own",
        label="Own",
        unit="",
        higher_is_better=True,
        support="real",
        function=function,
        key="evaluate.functions.own",
    )
    with pytest.raises(InputError, match=re.escape(words)) as refused:
        Measurement(predictions(10, 0), [metric], positive="yes", seed=1).overall  # noqa: B018

    sentence = str(refused.value)
    assert sentence.startswith("evaluate.functions.own failed on ")
    assert "\n" not in sentence
    if isinstance(function, FunctionType):  # not a class, which has no line
        line = function.__code__.co_firstlineno + 1  # of the statement that raised it
        assert f"({function.__name__} in " in sentence
        assert f"{Path(__file__).name}, line {line})" in sentence
