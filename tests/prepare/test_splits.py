from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from hallmark.config.split_keys import SplitMethod
from hallmark.errors import InputError
from hallmark.prepare.splits import assign_splits

QUARTERS = {"train": 0.25, "validation": 0.25, "test": 0.25, "recent": 0.25}
ORDER = {"train": 0, "validation": 1, "test": 2, "recent": 3}


def table(entities: int = 40, rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """Long-lived entities: each has rows all over the time."""
    random = np.random.default_rng(seed)
    names = [f"card-{number}" for number in random.integers(0, entities, rows)]
    return pd.DataFrame({"id": [f"r{row}" for row in range(rows)], "entity": names, "time": random.permutation(rows)})


def test_time_cuts_the_entities_in_the_order_of_their_first_times() -> None:
    rows = pd.DataFrame({"entity": list("dcbaab"), "time": [4, 3, 2, 9, 1, 8]})
    rows["id"] = [str(row) for row in range(6)]
    split = assign_splits(rows, method="time", fractions=QUARTERS, seed=1)
    assert split.tolist() == ["recent", "test", "validation", "train", "train", "validation"]


def test_entity_gives_each_split_its_share_of_the_entities() -> None:
    rows = table(entities=100, rows=3000)
    fractions = {"train": 0.6, "validation": 0.1, "test": 0.2, "recent": 0.1}
    rows["split"] = assign_splits(rows, method="entity", fractions=fractions, seed=3)

    entities = rows.groupby("split")["entity"].nunique().to_dict()
    assert entities == {"train": 60, "validation": 10, "test": 20, "recent": 10}


def test_the_seed_decides_and_the_order_of_the_rows_does_not() -> None:
    rows = table()
    split = assign_splits(rows, method="entity", fractions=QUARTERS, seed=3)
    backwards = assign_splits(rows[::-1].reset_index(drop=True), method="entity", fractions=QUARTERS, seed=3)
    assert (backwards[::-1] == split).all()
    assert (assign_splits(rows, method="entity", fractions=QUARTERS, seed=4) != split).any()


def test_shares_that_leave_some_over_leave_entities_out() -> None:
    fractions = {"train": 0.2, "validation": 0.1, "test": 0.1, "recent": 0.1}
    rows = table(entities=40, rows=2000)
    split = assign_splits(rows, method="entity", fractions=fractions, seed=3)
    assert rows["entity"][split == ""].nunique() == 20


def test_published_keeps_the_test_split_and_deals_out_the_training_entities() -> None:
    rows = table(entities=100, rows=1000)
    rows["split"] = np.where(rows["entity"].str[-1] == "7", "test", "train")
    rows.loc[rows["entity"].str[-1] == "3", "split"] = "validation"
    fractions = {"train": 0.8, "validation": 0.1, "recent": 0.1}
    split = assign_splits(rows, method="published", fractions=fractions, seed=3)

    assert ((split == "test") == (rows["split"] == "test")).all()
    assert (split[rows["split"] == "validation"] == "validation").all()

    counts = rows["entity"][rows["split"] == "train"].groupby(split[rows["split"] == "train"]).nunique()
    assert counts.to_dict() == {"train": 64, "validation": 8, "recent": 8}


def test_a_published_validation_split_is_enough_and_a_missing_one_is_refused() -> None:
    rows = table(entities=100, rows=1000)
    digit = rows["entity"].str[-1]
    rows["split"] = np.select([digit == "7", digit == "3"], ["test", "validation"], "train")
    split = assign_splits(rows, method="published", fractions={"train": 1.0}, seed=3)
    assert (split == rows["split"]).all()

    for name, complaint in (
        ("validation", "'validation' gets no example: .* set prepare.split.fractions.validation above 0"),
        ("test", "no published split 'test'"),
    ):
        without = rows.assign(split=rows["split"].replace(name, "train"))
        with pytest.raises(InputError, match=complaint):
            assign_splits(without, method="published", fractions={"train": 1.0}, seed=3)


def test_entity_and_time_by_hand() -> None:
    rows = pd.DataFrame({"id": [str(row) for row in range(16)], "entity": list("abcd") * 4, "time": range(16)})
    windows = {"train": 0.5, "test": 0.25, "recent": 0.25}
    split = pd.Series(assign_splits(rows, method="entity_and_time", fractions=QUARTERS, seed=1, windows=windows))
    times = rows.groupby(split)["time"]
    assert times.size().to_dict() == {"": 10, "train": 2, "validation": 2, "test": 1, "recent": 1}
    assert times.max()[["train", "validation"]].max() < 8
    assert times.get_group("test").between(8, 11).all()
    assert times.get_group("recent").between(12, 15).all()


def test_entity_and_time_drops_what_lies_beyond_the_windows() -> None:
    rows = table(entities=40, rows=4000)
    windows = {"train": 0.4, "test": 0.2, "recent": 0.2}
    split = assign_splits(rows, method="entity_and_time", fractions=QUARTERS, seed=1, windows=windows)
    assert rows["time"][split != ""].max() < 3200


def test_leave_last_out_by_hand() -> None:
    rows = pd.DataFrame({"entity": list("abababc"), "time": [5, 1, 4, 1, 6, 0, 3]})
    rows["id"] = [str(row) for row in range(7)]
    for fractions in (QUARTERS, {"train": 1.0, "validation": 0.6}):  # it takes none of them
        split = assign_splits(rows, method="leave_last_out", fractions=fractions, seed=1)
        c_has_one_row = "train"
        assert split.tolist() == ["validation", "validation", "train", "test", "test", "train", c_has_one_row]


def test_leave_last_out_needs_an_entity_with_three_rows() -> None:
    rows = pd.DataFrame({"id": list("wxyz"), "entity": list("aabc"), "time": range(4)})
    with pytest.raises(InputError, match="no entity has the three rows that it needs"):
        assign_splits(rows, method="leave_last_out", fractions=QUARTERS, seed=1)


@settings(max_examples=30, deadline=None)
@given(entities=st.integers(2, 40), seed=st.integers(0, 2**32))
def test_leave_last_out_takes_one_row_of_each_entity_and_nothing_later(entities: int, seed: int) -> None:
    rows = table(entities, rows=600, seed=seed)
    rows["split"] = assign_splits(rows, method="leave_last_out", fractions=QUARTERS, seed=seed)
    assert (rows["entity"][rows["split"] == "test"].value_counts() == 1).all()
    assert (rows["split"] == "test").sum() == rows["entity"].nunique()
    assert set(rows["split"]) == {"train", "validation", "test"}
    in_order = rows.sort_values(["entity", "time"])
    assert in_order.groupby("entity")["split"].apply(lambda s: s.map(ORDER).is_monotonic_increasing).all()


@pytest.mark.parametrize("dates", [False, True])
def test_times_may_be_dates(dates: bool) -> None:
    rows = table()
    expected = assign_splits(rows, method="entity_and_time", fractions=QUARTERS, seed=1)
    if dates:
        rows["time"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rows["time"], unit="h")
    assert (assign_splits(rows, method="entity_and_time", fractions=QUARTERS, seed=1) == expected).all()


@settings(max_examples=60, deadline=None)
@given(
    method=st.sampled_from([name for name in get_args(SplitMethod) if name != "leave_last_out"]),
    entities=st.integers(8, 60), seed=st.integers(0, 2**32),
    shares=st.lists(st.integers(1, 9), min_size=4, max_size=4),
)  # fmt: skip
def test_no_entity_stands_in_two_splits_and_time_goes_forward(
    method: SplitMethod, entities: int, seed: int, shares: list[int]
) -> None:
    rows = table(entities, rows=900, seed=seed)
    rows["split"] = np.where(rows["entity"] < "card-2", "test", "train")
    fractions = dict(zip(ORDER, (np.array(shares) / sum(shares)).tolist(), strict=True))
    if method == "published":
        fractions["test"] = 0.0
    try:
        rows["split"] = assign_splits(rows, method=method, fractions=fractions, seed=seed)
    except InputError:
        reject()  # a small share of few entities: a split would be empty

    placed = rows[rows["split"] != ""]
    assert len(placed[["entity", "split"]].drop_duplicates()) == placed["entity"].nunique()

    if method in ("entity", "time"):
        assert len(placed) == len(rows)
    if method == "time":
        first = placed.groupby("entity").agg(time=("time", "min"), split=("split", "first")).sort_values("time")
        assert first["split"].map(ORDER).is_monotonic_increasing
    if method == "entity_and_time":
        latest = placed[placed["split"].isin(["train", "validation"])]["time"].max()
        assert latest < placed[placed["split"] == "test"]["time"].min()
        assert placed[placed["split"] == "test"]["time"].max() < placed[placed["split"] == "recent"]["time"].min()


@pytest.mark.parametrize(
    ("method", "changed", "complaint"),
    [
        ("published", {"test": 0.0}, "'published', but the raw data has no published split"),
        ("entity", {"recent": 0.001}, "the split 'recent' gets no example: prepare.split.fractions.recent is 0.001"),
    ],
)
def test_a_split_that_the_data_cannot_fill_is_named(
    method: SplitMethod, changed: dict[str, float], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        assign_splits(table(), method=method, fractions=QUARTERS | changed, seed=1)


def test_too_few_entities_are_counted() -> None:
    with pytest.raises(InputError, match="3 entities are too few for the 4 splits train, validation, test, recent"):
        assign_splits(table(entities=3), method="entity", fractions=QUARTERS, seed=1)


@pytest.mark.parametrize("method", ["time", "entity_and_time", "leave_last_out"])
def test_missing_times_are_named(method: SplitMethod) -> None:
    rows = table().astype({"time": float})
    rows.loc[17, "time"] = np.nan
    with pytest.raises(InputError, match="example 'r17' has no time"):
        assign_splits(rows, method=method, fractions=QUARTERS, seed=1)
