import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from hallmark.errors import InputError
from hallmark.metrics import METRICS, Interval, Measurement, available


def predictions(rows: int = 240, entities: int = 80, *, seed: int = 0, better: float = 0.0) -> pd.DataFrame:
    """Predictions of "yes" or "no", with the same examples for every `better`."""
    generator = np.random.default_rng(seed)
    positive = generator.random(rows) < 0.3
    confidence = 1 / (1 + np.exp(-(generator.normal(size=rows) + (2 + better) * positive - 2)))
    alert = confidence >= 0.5
    table = pd.DataFrame(
        {
            "id": [f"{row:04d}" for row in range(rows)],
            "entity": [f"e{code}" for code in generator.integers(entities, size=rows)],
            "label": np.where(positive, "yes", "no"),
            "prediction": np.where(alert, "yes", "no"),
            "confidence": confidence,
        }
    )
    columns = {
        "accuracy": (alert == positive, 1.0),
        "log_loss": (-np.log(np.where(positive, confidence, 1 - confidence)), 1.0),
        "brier": ((confidence - positive) ** 2, 1.0),
        "cost": (np.where(alert, ~positive, 10 * positive), 1.0),
        "sensitivity": (alert, positive),
        "specificity": (~alert, ~positive),
        "precision": (positive, alert),
        "alert_rate": (alert, 1.0),
        "word_error_rate": (generator.poisson(0.6, rows) / 4, 4.0),
        "return": (generator.normal(-200, 40, rows), generator.random(rows) < 0.5),
        "perplexity": (generator.gamma(2.0, size=rows), generator.integers(1, 90, rows)),
    }
    for name, (score, weight) in columns.items():
        table[f"score.{name}"] = np.asarray(score, float)
        table[f"weight.{name}"] = np.broadcast_to(np.asarray(weight, float), rows)
    return table


def measure(rows: pd.DataFrame, metric: str, *, positive: str | None = "yes", seed: int = 1) -> Interval:
    return Measurement(rows, [metric], positive=positive, seed=seed).overall[metric]


def compare(first: pd.DataFrame, second: pd.DataFrame, metric: str, *, positive: str | None = "yes") -> Interval:
    one, other = (Measurement(rows, [metric], positive=positive, seed=1) for rows in (first, second))
    return one.against(other)[metric]


ROWS = predictions()
KNOWN = available(ROWS, positive="yes")


def test_every_metric_measures_what_its_name_says() -> None:
    true, alert = ROWS["label"] == "yes", ROWS["prediction"] == "yes"
    expected = {
        "accuracy": (true == alert).mean(),
        "sensitivity": alert[true].mean(),
        "specificity": (~alert)[~true].mean(),
        "precision": true[alert].mean(),
        "alert_rate": alert.mean(),
        "brier": ((ROWS["confidence"] - true) ** 2).mean(),
        "log_loss": ROWS["score.log_loss"].mean(),
        "cost": ROWS["score.cost"].mean(),
        "roc_auc": roc_auc_score(true, ROWS["confidence"]),
        "average_precision": average_precision_score(true, ROWS["confidence"]),
    }
    for name, value in expected.items():
        interval = measure(ROWS, name, positive="yes", seed=1)
        assert interval.estimate == pytest.approx(value), name
        assert interval.low is not None
        assert interval.high is not None
        assert interval.low < value < interval.high, name


def test_n_counts_the_entities_that_have_a_part() -> None:
    true = ROWS["label"] == "yes"
    assert measure(ROWS, "accuracy", positive="yes", seed=1).n == ROWS["entity"].nunique()
    assert measure(ROWS, "sensitivity", positive="yes", seed=1).n == ROWS["entity"][true].nunique()


def test_one_row_an_entity_is_wilsons_interval() -> None:
    alone = ROWS.assign(entity=ROWS["id"])
    right = int(ROWS["score.accuracy"].sum())
    interval = measure(alone, "accuracy", positive="yes", seed=1)
    assert (interval.low, interval.high) == pytest.approx(proportion_confint(right, len(ROWS), method="wilson"))


@pytest.mark.parametrize("name", KNOWN)
def test_order_of_rows_does_not_matter(name: str) -> None:
    shuffled = ROWS.sample(frac=1, random_state=0)
    first, second = (measure(rows, name, positive="yes", seed=1) for rows in (ROWS, shuffled))
    assert vars(first) == pytest.approx(vars(second))


@pytest.mark.parametrize("name", KNOWN)
def test_the_same_seed_gives_the_same_interval(name: str) -> None:
    assert measure(ROWS, name, positive="yes", seed=1) == measure(ROWS, name, positive="yes", seed=1)


@pytest.mark.parametrize("name", KNOWN)
def test_one_entity_has_no_interval_and_no_rows_no_estimate(name: str) -> None:
    one = measure(ROWS.assign(entity="e"), name, positive="yes", seed=1)
    assert (one.low, one.high, one.n) == (None, None, 1)
    none = measure(ROWS[:0], name, positive="yes", seed=1)
    assert (none.estimate, none.low, none.high, none.n) == (None, None, None, 0)


@pytest.mark.parametrize("name", ["sensitivity", "roc_auc", "average_precision"])
def test_without_positives_nothing_is_estimated(name: str) -> None:
    assert measure(ROWS[ROWS["label"] == "no"], name, positive="yes", seed=1).estimate is None


def test_all_right_is_not_certain() -> None:
    interval = measure(ROWS.assign(**{"score.accuracy": 1.0}), "accuracy", positive="yes", seed=1)
    assert interval.estimate == interval.high == 1
    assert interval.low is not None
    assert 0.9 < interval.low < 0.99


def test_levels_of_slices_are_those_of_the_rows_alone() -> None:
    part = np.arange(len(ROWS)) < 120
    for name in ("accuracy", "log_loss", "precision", "roc_auc", "average_precision"):
        both = Measurement(ROWS, [name], slices={"part": part}, positive="yes", seed=1).by_group[name, "part"]
        assert vars(both) == pytest.approx(vars(measure(ROWS[part], name, positive="yes", seed=1)))


@pytest.mark.parametrize("name", KNOWN)
def test_comparison_is_oriented_paired_and_antisymmetric(name: str) -> None:
    better = predictions(better=1.5)
    forth = compare(better, ROWS, name)
    back = compare(ROWS, better, name)
    assert forth.estimate is not None
    assert (forth.estimate, forth.low, forth.high) == pytest.approx((-back.estimate, -back.high, -back.low))
    if name in ("sensitivity", "roc_auc", "average_precision"):
        assert forth.low is not None
        assert forth.low > 0


@pytest.mark.parametrize("name", KNOWN)
def test_a_scorer_is_not_better_than_itself_and_not_known_to_be_equal_everywhere(name: str) -> None:
    interval = compare(ROWS, ROWS, name)
    assert interval.estimate == 0
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low < 0 < interval.high


def test_comparison_needs_the_same_examples() -> None:
    with pytest.raises(InputError, match="same ids"):
        compare(ROWS, ROWS.assign(id=ROWS["id"][::-1].to_numpy()), "accuracy")


def test_differences_are_oriented_and_simultaneous() -> None:
    mask = np.arange(len(ROWS)) % 3 == 0
    worse = ROWS.assign(**{"score.log_loss": ROWS["score.log_loss"] + mask})
    slices = {"a": mask, "b": np.arange(240) % 5 == 0}
    alone = Measurement(worse, ["log_loss"], slices={"a": mask}, positive="yes", seed=1).difference()["log_loss", "a"]
    family = Measurement(worse, ["log_loss", "accuracy"], slices=slices, positive="yes", seed=1)
    wider = family.difference()["log_loss", "a"]
    inside, outside = worse["score.log_loss"][mask].mean(), worse["score.log_loss"][~mask].mean()
    assert alone.estimate == wider.estimate == pytest.approx(outside - inside)
    assert alone.high is not None
    assert wider.low is not None
    assert alone.high < 0
    assert wider.low < alone.low < alone.high < wider.high  # type: ignore[operator]
    assert alone.n == worse["entity"][mask].nunique()


def test_a_gap_to_nobody_is_not_estimated() -> None:
    everyone = np.ones(len(ROWS), bool)
    slices = {"all": everyone, "none": ~everyone}
    found = Measurement(ROWS, ["accuracy"], slices=slices, positive="yes", seed=1).difference()
    assert {interval.estimate for interval in found.values()} == {None}


def test_what_a_table_can_give() -> None:
    known = {column.removeprefix("score.") for column in ROWS if column.startswith("score.")}
    assert set(available(ROWS, positive="yes")) == known | {"roc_auc", "average_precision", "calibration_error"}
    assert available(ROWS[["label", "score.accuracy"]], positive=None) == ["accuracy"]
    assert available(ROWS.assign(mistake=0.0)[["mistake", "score.cost"]], positive=None) == [
        "cost",
        "calibration_error",
    ]


def test_calibration_without_a_positive_label_is_of_the_predicted_one() -> None:
    stated = ROWS.assign(certainty=0.9, mistake=(np.arange(240) >= 120).astype(float))
    interval = measure(stated, "calibration_error", positive=None, seed=1)
    assert interval.estimate == pytest.approx(0.4, abs=0.01)


def test_rows_without_a_prediction_count_for_no_probability() -> None:
    added = pd.DataFrame({"id": ["x", "y"], "entity": ["z", "z"], "score.cost": 1.0, "weight.cost": 1.0})
    stated = ROWS.assign(certainty=0.9, mistake=0.0)
    both = pd.concat([stated, added], ignore_index=True)
    for name, positive in (("roc_auc", "yes"), ("calibration_error", "yes"), ("calibration_error", None)):
        alone, joined = (measure(rows, name, positive=positive, seed=1) for rows in (stated, both))
        assert joined.estimate == pytest.approx(alone.estimate)
        assert joined.n == alone.n


def test_perplexity_is_the_exponential_of_the_mean_loss_of_a_token() -> None:
    nats = np.random.default_rng(3).gamma(2.0, size=240)
    rows = ROWS.assign(**{"score.perplexity": nats, "weight.perplexity": np.arange(240.0)})
    rows = rows.assign(**{"score.log_loss": nats, "weight.log_loss": np.arange(240.0)})
    found, mean = (measure(rows, name, positive=None, seed=1) for name in ("perplexity", "log_loss"))
    values = [mean.estimate, mean.low, mean.high]
    assert [found.estimate, found.low, found.high] == pytest.approx(np.exp(values))
    worse = rows.assign(**{"score.perplexity": nats + np.random.default_rng(4).normal(0.1, 0.01, 240)})
    gain = compare(rows, worse, "perplexity", positive=None)
    assert gain.estimate == pytest.approx(np.exp(mean.estimate) * (np.exp(0.1) - 1), rel=0.02)
    assert gain.low is not None and gain.low > 0


@pytest.mark.parametrize(
    ("rows", "name", "positive", "named"),
    [
        (ROWS, "f1", "yes", "'f1'"),
        (ROWS, "roc_auc", None, "decision.positive"),
        (ROWS.drop(columns="weight.cost"), "cost", "yes", "'weight.cost'"),
        (ROWS.assign(confidence=np.nan), "roc_auc", "yes", "'confidence'"),
        (ROWS.assign(**{"score.cost": np.inf}), "cost", "yes", "'score.cost'"),
        (ROWS.assign(**{"score.cost": -1.0}), "cost", "yes", "'score.cost' .* holds -1.0, .* 0 or more"),
        (ROWS.assign(**{"score.accuracy": 2.0}), "accuracy", "yes", "'score.accuracy' .* holds 2.0, .* from 0 to 1"),
    ],
)
def test_bad_input_is_named(rows: pd.DataFrame, name: str, positive: str | None, named: str) -> None:
    with pytest.raises(InputError, match=named):
        measure(rows, name, positive=positive, seed=1)


def test_names_are_their_keys() -> None:
    assert all(name == metric.name for name, metric in METRICS.items())


def test_a_loss_is_not_said_to_lie_below_nothing() -> None:
    """Few writers, one of them hard: Student's limits alone would reach below 0."""
    losses = np.array([0.01, 0.02, 0.0, 0.4])
    rows = pd.DataFrame({"id": list("abcd"), "entity": list("abcd"), "score.log_loss": losses, "weight.log_loss": 1.0})
    measured = measure(rows, "log_loss", positive=None, seed=1)
    assert measured.low == 0.0
    assert measured.estimate == pytest.approx(losses.mean())


def test_a_metric_of_any_sign_is_not_cut() -> None:
    returns = np.array([0.01, 0.02, 0.0, 0.4])
    rows = pd.DataFrame({"id": list("abcd"), "entity": list("abcd"), "score.return": returns, "weight.return": 1.0})
    measured = measure(rows, "return", positive=None, seed=1)
    assert measured.low is not None
    assert measured.low < -0.05


def test_the_method_of_an_interval_is_the_metrics_whatever_the_values() -> None:
    """A cost of 1 a mistake makes zeros and ones, and is a cost nonetheless: doubled, its limits double."""
    mistakes = (np.arange(60) % 4 == 0).astype(float)
    rows = pd.DataFrame({"id": np.arange(60), "entity": np.arange(60), "score.cost": mistakes, "weight.cost": 1.0})
    once, twice = (measure(rows.assign(**{"score.cost": mistakes * price}), "cost") for price in (1, 2))
    assert [twice.estimate, twice.low, twice.high] == pytest.approx([2 * once.estimate, 2 * once.low, 2 * once.high])
