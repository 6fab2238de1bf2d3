"""The simulator: files, size, determinism, and that the scenarios and the changes are really in the data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.table import bundled, config
from hallmark.systems.table.bundled.customers import REGIONS, populate
from hallmark.systems.table.bundled.spending import sample_delays

FILES = ("customers.csv", "source.json", "terminals.csv", "transactions.parquet")


@pytest.fixture(scope="module")
def transactions() -> pd.DataFrame:
    generator = np.random.default_rng(5)
    return bundled.simulate(populate(generator, customers=2000, terminals=800, days=180), generator, days=180)


def test_same_seed_same_bytes_other_seed_other_bytes(raw: Path, tmp_path: Path) -> None:
    bundled.write(tmp_path / "same", config.Raw(customers=250, terminals=200, days=90), seed=3)
    bundled.write(tmp_path / "other", config.Raw(customers=250, terminals=200, days=90), seed=4)
    assert sorted(path.name for path in raw.iterdir()) == list(FILES)
    for name in FILES:
        assert (tmp_path / "same" / name).read_bytes() == (raw / name).read_bytes()
    assert (tmp_path / "other" / FILES[3]).read_bytes() != (raw / FILES[3]).read_bytes()


def test_the_source_says_that_it_is_simulated(raw: Path) -> None:
    source = Source(**json.loads((raw / "source.json").read_text()))
    assert source.simulated
    assert source.entity == "card"


def test_keys_are_unique_and_known(raw: Path) -> None:
    transactions = pd.read_parquet(raw / "transactions.parquet")
    customers = pd.read_csv(raw / "customers.csv")
    terminals = pd.read_csv(raw / "terminals.csv")

    assert transactions["transaction"].is_unique
    assert transactions["time"].is_monotonic_increasing
    assert customers["card"].is_unique
    assert set(transactions["card"]) <= set(customers["card"])
    assert set(transactions["terminal"]) <= set(terminals["terminal"])
    assert set(customers["region"]) <= set(REGIONS)


def test_one_transaction_in_a_hundred_is_a_fraud(transactions: pd.DataFrame) -> None:
    assert 0.006 < transactions["fraud"].mean() < 0.014
    shares = transactions["scenario"].value_counts(normalize=True)
    assert set(shares.index) == {"genuine", "stolen card", "compromised terminal", "account takeover"}
    assert shares.drop("genuine").min() > 0.001


def test_some_frauds_are_never_reported_and_nothing_honest_is(transactions: pd.DataFrame) -> None:
    genuine = transactions["scenario"] == "genuine"
    assert not transactions.loc[genuine, "fraud"].any()
    assert 0.92 < transactions.loc[~genuine, "fraud"].mean() < 0.98


def test_days_and_weeks_have_a_rhythm(transactions: pd.DataFrame) -> None:
    genuine = transactions[transactions["scenario"] == "genuine"]
    hours = genuine["time"].dt.hour.value_counts(normalize=True)
    assert hours[3] < 0.5 * hours[14]
    weekdays = genuine["time"].dt.dayofweek.value_counts(normalize=True)
    assert weekdays[5] > 1.5 * weekdays[6]


def test_the_concept_changes(transactions: pd.DataFrame) -> None:
    half = transactions["time"] > transactions["time"].min() + pd.Timedelta(days=90)
    counts = pd.crosstab(half, transactions["scenario"])
    stolen_cards = counts["stolen card"]
    takeovers = counts["account takeover"]
    assert stolen_cards[True] < 0.85 * stolen_cards[False]
    assert takeovers[True] > 1.15 * takeovers[False]

    stolen = transactions["scenario"] == "stolen card"
    assert transactions[stolen & half]["amount"].median() < 0.85 * transactions[stolen & ~half]["amount"].median()


def test_nobody_pays_at_a_terminal_that_is_not_open_yet(raw: Path) -> None:
    terminals = pd.read_csv(raw / "terminals.csv").set_index("terminal")["opened"]
    transactions = pd.read_parquet(raw / "transactions.parquet")
    genuine = transactions[transactions["scenario"] == "genuine"]
    day = (genuine["time"] - pd.Timestamp("2024-01-01")).dt.days
    assert (day.to_numpy() >= terminals[genuine["terminal"]].to_numpy()).all()


def test_pauses_start_anew_with_each_event() -> None:
    event = np.array([4, 4, 4, 7, 9, 9])
    elapsed = sample_delays(np.random.default_rng(0), event, mean_pause=10.0)
    assert (elapsed > 0).all()
    assert elapsed[0] < elapsed[1] < elapsed[2]
    assert elapsed[4] < elapsed[5]
    draws = np.random.default_rng(0).exponential(10.0, 6)
    np.testing.assert_allclose(elapsed[[0, 3, 4]], draws[[0, 3, 4]])


def test_a_world_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"raw\.terminals is 50: .* at least 100"):
        bundled.write(tmp_path, config.Raw(customers=100, terminals=50, days=30), seed=1)
