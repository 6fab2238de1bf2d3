"""What must hold for every metric and any data, whatever the numbers."""

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallmark.metrics import METRICS, FunctionMetric, Interval, Measurement, Metric
from hallmark.metrics.mean_metrics import MeanMetric

MEANS = [name for name, metric in METRICS.items() if isinstance(metric, MeanMetric)]
SHARES = [name for name in MEANS if METRICS[name].support == "share"]
BINARY = [name for name in SHARES if METRICS[name].row_scores == "binary"]  # type: ignore[attr-defined]
SCALED = [name for name in MEANS if METRICS[name].support != "share"]
AREAS = ["roc_auc", "average_precision"]
SIGNAL_TO_NOISE = FunctionMetric(
    "signal_to_noise",
    label="Mean over standard deviation",
    unit="ratio",
    higher_is_better=True,
    support="real",
    function=lambda rows: float(rows["score.return"].mean() / rows["score.return"].std()),
    columns=("score.return",),
)
AVERAGE_COST = FunctionMetric(
    "average_cost",
    label="Average cost",
    unit="per decision",
    higher_is_better=False,
    support="non-negative",
    function=lambda rows: float(rows["score.cost"].mean()),
    columns=("score.cost",),
)

FEW = settings(max_examples=12, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def predictions(seed: int, rows: int = 90, entities: int | None = None) -> pd.DataFrame:
    """Scores of every metric, from entities of unequal sizes, some weights 0; ties among the confidences."""
    generator = np.random.default_rng(seed)
    if entities is None:
        entities = int(generator.integers(2, 120))  # from 50 on, a family's correlations count
    entity = generator.integers(entities, size=rows)
    label = generator.random(rows) < 0.4
    table = {
        "id": np.arange(rows),
        "entity": [f"e{code:02d}" for code in entity],
        "label": np.where(label, "yes", "no"),
        "prediction": "yes",
        "confidence": np.round(np.clip(generator.normal(0.4 + 0.2 * label, 0.2), 0.01, 0.99), 2),
    }
    for name in [*MEANS, "perplexity"]:
        support = METRICS[name].support
        common = generator.exponential(size=entities)[entity]
        values = {
            "share": generator.random(rows) < np.clip(common, 0, 1),
            "non-negative": common * generator.exponential(size=rows) * (generator.random(rows) < 0.7),
            "real": common * generator.normal(size=rows),
        }
        if seed % 2:  # a cost of 1 a mistake
            values["non-negative"] = generator.random(rows) < 0.4
        if name in SHARES and name not in BINARY:
            values["share"] = np.round(generator.random(rows) ** 3, 2)
        table[f"score.{name}"] = np.asarray(values[support], float)
        table[f"weight.{name}"] = generator.choice([0.0, 1.0, 3.0], rows)
    return pd.DataFrame(table)


def measurement(rows: pd.DataFrame, metrics: Sequence[str | Metric]) -> Measurement:
    slices = {"even": rows["id"].to_numpy() % 2 == 0, "few": rows["id"].to_numpy() < 20}
    return Measurement(rows, metrics, slices=slices, positive="yes", seed=1)


def intervals(rows: pd.DataFrame, other: pd.DataFrame, metrics: Sequence[str | Metric]) -> list[Interval]:
    """All that a measurement gives, in one order."""
    measured = measurement(rows, metrics)
    rival = measurement(other, metrics)
    return [
        *measured.overall.values(),
        *measured.by_group.values(),
        *measured.difference().values(),
        *measured.against(rival).values(),
    ]


def numbers(found: Sequence[Interval]) -> np.ndarray:
    """Estimates and limits (intervals, 3), NaN where unknown."""
    return np.array([(i.estimate, i.low, i.high) for i in found], float)


@FEW
@given(seed=seeds, factor=st.floats(1e-3, 1e3))
def test_limits_scale_with_the_unit(seed: int, factor: float) -> None:
    """Cents instead of euros: every estimate and every limit is multiplied."""
    rows = predictions(seed)
    other = predictions(seed + 1).assign(entity=rows["entity"])
    columns = [f"score.{name}" for name in SCALED]
    scaled_rows, scaled_other = (
        table.assign(**{column: table[column] * factor for column in columns}) for table in (rows, other)
    )
    metrics: list[str | Metric] = [*SCALED, AVERAGE_COST]

    plain = numbers(intervals(rows, other, metrics))
    scaled = numbers(intervals(scaled_rows, scaled_other, metrics))
    np.testing.assert_allclose(scaled, plain * factor, rtol=1e-6, atol=1e-9 * factor)


@FEW
@given(seed=seeds)
def test_names_of_entities_and_order_of_rows_do_not_matter(seed: int) -> None:
    rows = predictions(seed)
    other = predictions(seed + 1).assign(entity=rows["entity"])
    refuse_a_change_by_names_and_order(rows, other, [*METRICS, AVERAGE_COST, SIGNAL_TO_NOISE], seed)


@settings(max_examples=5, deadline=None)
@given(seed=seeds, entities=st.integers(300, 500))
def test_nor_do_they_where_entities_share_the_blocks_of_a_jackknife(seed: int, entities: int) -> None:
    rows, other = (predictions(each, rows=1500, entities=entities) for each in (seed, seed + 1))
    other = other.assign(entity=rows["entity"])
    refuse_a_change_by_names_and_order(rows, other, [AVERAGE_COST, SIGNAL_TO_NOISE], seed)


def refuse_a_change_by_names_and_order(
    rows: pd.DataFrame, other: pd.DataFrame, metrics: Sequence[str | Metric], seed: int
) -> None:
    """Other names of the entities, and another order of the rows, leave every interval as it is."""
    generator = np.random.default_rng(seed)
    entities = rows["entity"].unique()
    renamed = dict(zip(entities, generator.permutation([f"n{code}" for code in range(len(entities))]), strict=True))
    order = generator.permutation(len(rows))
    changed_rows, changed_other = (
        table.assign(entity=table["entity"].map(renamed)).iloc[order] for table in (rows, other)
    )

    plain = intervals(rows, other, metrics)
    again = intervals(changed_rows, changed_other, metrics)
    np.testing.assert_allclose(numbers(again), numbers(plain), rtol=1e-5, atol=1e-7)
    assert [i.n for i in again] == [i.n for i in plain]


@FEW
@given(seed=seeds, slope=st.floats(0.1, 20))
def test_areas_depend_on_the_order_of_confidences_alone(seed: int, slope: float) -> None:
    rows = predictions(seed)
    other = predictions(seed + 1).assign(entity=rows["entity"], label=rows["label"])
    moved_rows, moved_other = (
        table.assign(confidence=1 / (1 + np.exp(-slope * (table["confidence"] - 0.3)))) for table in (rows, other)
    )
    assert intervals(moved_rows, moved_other, AREAS) == intervals(rows, other, AREAS)


@FEW
@given(seed=seeds)
def test_the_share_of_what_is_not_is_the_rest(seed: int) -> None:
    rows = predictions(seed)
    other = predictions(seed + 1).assign(entity=rows["entity"])
    columns = [f"score.{name}" for name in SHARES]
    flipped_rows, flipped_other = (
        table.assign(**{column: 1 - table[column] for column in columns}) for table in (rows, other)
    )
    first = measurement(rows, SHARES)
    second = measurement(flipped_rows, SHARES)

    for level, rest in zip(
        numbers([*first.overall.values(), *first.by_group.values()]),
        numbers([*second.overall.values(), *second.by_group.values()]),
        strict=True,
    ):
        np.testing.assert_allclose(rest, 1 - level[[0, 2, 1]], atol=1e-9)

    changes = numbers([*first.difference().values(), *first.against(measurement(other, SHARES)).values()])
    mirrored = numbers([*second.difference().values(), *second.against(measurement(flipped_other, SHARES)).values()])
    np.testing.assert_allclose(mirrored, -changes[:, [0, 2, 1]], atol=1e-7)


@FEW
@given(seed=seeds)
def test_an_interval_holds_its_estimate_and_stays_within_the_support(seed: int) -> None:
    measured = measurement(predictions(seed), list(METRICS))
    for (name, _), interval in measured.by_group.items():
        if interval.estimate is None or interval.low is None or interval.high is None:
            continue
        assert interval.low <= interval.estimate <= interval.high
        assert METRICS[name].support == "real" or interval.low >= 0
        assert METRICS[name].support != "share" or interval.high <= 1


@FEW
@given(seed=seeds, shift=st.floats(0, 3))
def test_perplexity_is_multiplied_where_every_loss_grows_by_as_much(seed: int, shift: float) -> None:
    """The same factor for its limits; and both are the exponentials of those of the mean loss."""
    rows = predictions(seed)
    losses = rows["score.perplexity"]
    moved = rows.assign(**{"score.perplexity": losses + shift})
    mean = rows.assign(**{"score.log_loss": losses, "weight.log_loss": rows["weight.perplexity"]})

    plain = numbers(list(measurement(rows, ["perplexity"]).by_group.values()))
    multiplied = numbers(list(measurement(moved, ["perplexity"]).by_group.values()))
    mean_loss = numbers(list(measurement(mean, ["log_loss"]).by_group.values()))
    np.testing.assert_allclose(multiplied, plain * np.exp(shift), rtol=1e-6)
    estimates = plain[:, 0]
    upper = plain[:, 2]
    np.testing.assert_allclose(np.log(estimates), mean_loss[:, 0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.log(upper), mean_loss[:, 2], rtol=1e-9, atol=1e-12)


def test_row_numbers_and_masks_are_the_same_slice() -> None:
    rows = predictions(0)
    masks = {"few": np.arange(90) < 20}
    indices = {"few": np.arange(20)}
    first, second = (Measurement(rows, MEANS, slices=slices, positive="yes", seed=1) for slices in (masks, indices))
    assert first.by_group == second.by_group
    assert first.difference() == second.difference()


def test_an_audit_of_many_slices_holds_little_of_each() -> None:
    """100,000 entities in 40 slices: with the influences of each slice at hand it would take over 200 MB."""
    generator = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"entity": np.arange(100_000), "score.cost": generator.exponential(size=100_000), "weight.cost": 1.0}
    )
    slices = {f"{number}": generator.random(100_000) < 0.3 for number in range(40)}
    tracemalloc.start()
    found = Measurement(rows, ["cost"], slices=slices, positive=None, seed=1).difference()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(found) == 40
    assert peak < 100e6, peak


@FEW
@given(seed=seeds, rows=st.integers(4, 30), top=st.sampled_from([1, 2, 10, 500]))
def test_ranks_give_limits_from_0_to_1_and_gains_of_at_most_1(seed: int, rows: int, top: int) -> None:
    """Few rows of few users, nearly all at rank 1 or all over the catalogue, with the confidence of a large family."""
    generator = np.random.default_rng(seed)
    both = []
    for _ in range(2):
        ranks = generator.integers(1, top + 1, rows)
        table = pd.DataFrame({"id": np.arange(rows), "entity": np.arange(rows) // 2})
        table["score.ndcg_at_10"] = (ranks <= 10) / np.log2(ranks + 1)
        table["score.reciprocal_rank"] = 1 / ranks
        both.append(table.assign(**{"weight.ndcg_at_10": 1.0, "weight.reciprocal_rank": 1.0}))

    names, slices = ["ndcg_at_10", "reciprocal_rank"], {"first": np.arange(rows) < rows // 2}
    model, rival = (Measurement(rows, names, slices=slices, positive=None, seed=1, confidence=0.9999) for rows in both)
    own = numbers([*model.overall.values(), *model.by_group.values()])
    gains = numbers([*model.difference().values(), *model.against(rival).values()])
    assert not np.isnan(own[0]).any()  # of NDCG, equal gains too
    assert (own[~np.isnan(own)] >= 0).all() and (own[~np.isnan(own)] <= 1).all()
    assert (np.abs(gains[~np.isnan(gains)]) <= 1).all()


@pytest.mark.parametrize("name", [*BINARY, "ndcg_at_10"])
def test_wilson_belongs_to_shares_even_where_no_value_is_fractional(name: str) -> None:
    """All right: a share keeps an interval, which a mean of any values can't have."""
    rows = predictions(3).assign(**{f"score.{name}": 1.0})
    interval = measurement(rows, [name]).overall[name]
    assert interval.high == 1
    assert interval.low is not None
    assert interval.low < 1
