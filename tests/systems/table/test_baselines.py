"""The baselines: aggregates by hand, the rule by hand, and that each finds what is there to be found."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from threadpoolctl import threadpool_info, threadpool_limits

from hallmark.contracts.examples import Examples
from hallmark.systems.table import baselines
from hallmark.systems.table.reading.history import CURRENT, HISTORY

from .conftest import FLAT, clients


def test_aggregates_by_hand() -> None:
    history = np.zeros((2, 3, len(HISTORY)), np.float32)
    history[0, 1:, 0] = 1
    history[0, 1:, 1] = np.log1p([30.0, 0.5])  # hours ago
    history[0, 1:, 2] = [1.0, 3.0]  # log amounts
    current = np.full((2, len(CURRENT)), 5.0, np.float32)
    found = baselines.features(Examples(pd.DataFrame({"id": ["a", "b"]}), {"history": history, "current": current}))
    width = len(HISTORY) - 1
    blocks = np.split(found[0, len(CURRENT) : len(CURRENT) + 5 * width], 5)
    assert [block[1] for block in blocks] == pytest.approx([2.0, 1.0, 1.0, 3.0, 3.0])  # mean, spread, low, high, last
    assert found[0, -5:].tolist() == [2, 1, 1, 2, 3.0]
    assert not found[1, len(CURRENT) : -1].any()  # nothing came before


def test_the_rule_cuts_where_the_labels_part() -> None:
    values = np.arange(200.0)
    table = pd.DataFrame({"descriptor.amount": values, "label": np.where(values > 150, "fraud", "genuine")})
    train = Examples(table, {"current": values[:, None].astype(np.float32)}, ("genuine", "fraud"))
    probability = np.exp(baselines.fit(train, seed=1)["rule"](train)["logits"])
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-6)
    assert (probability[152:, 1] > 0.9).all()
    assert (probability[:148, 1] < 0.1).all()
    assert len(np.unique(probability[:, 1])) == 2


def test_in_a_flat_table_the_first_number_is_the_rules(flat: Examples) -> None:
    rule = baselines.fit(flat, seed=1)["rule"](flat)["logits"][:, 1]
    delay = flat.table["descriptor.delay"].to_numpy()
    assert rule[delay == delay.max()].min() > rule[delay == delay.min()].max()


def test_they_predict_unseen_cards_better_than_the_rule(examples: Examples) -> None:
    train_rows = (examples.table["entity"].rank(method="dense") % 2 == 0).to_numpy()
    train, test = examples.take(train_rows), examples.take(~train_rows)
    precision = {}
    for name, predict in baselines.fit(train, seed=1).items():
        logits = predict(test)["logits"]
        assert logits.shape == (len(test), 2)
        assert logits.dtype == np.float32
        np.testing.assert_allclose(np.exp(logits).sum(axis=1), 1, rtol=1e-4)
        precision[name] = average_precision_score(test.targets(), logits[:, 1])
    assert precision["rule"] + 0.05 < precision["logistic regression"]
    assert precision["rule"] + 0.05 < precision["boosted trees"]


def test_the_same_seed_fits_the_same(flat: Examples) -> None:
    one, other = (baselines.fit(flat, seed=4) for _ in range(2))
    for name in one:
        np.testing.assert_array_equal(one[name](flat)["logits"], other[name](flat)["logits"])
    assert roc_auc_score(flat.targets(), one["boosted trees"](flat)["logits"][:, 1]) > 0.6


def test_without_any_number_the_rule_is_the_most_frequent_label(tmp_path: Path) -> None:
    clients().to_csv(tmp_path / "clients.csv", index=False)
    train = raw_data.read("table", tmp_path, **FLAT | {"numeric": []})
    probability = np.exp(baselines.fit(train, seed=1)["rule"](train.take(np.arange(3)))["logits"])
    share = (train.targets().sum() + 1) / (len(train) + 2)
    assert share < 0.5
    np.testing.assert_allclose(probability, [[1 - share, share]] * 3, rtol=1e-6)


def test_one_thread_fits_the_trees(flat: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums over threads would differ in their last bits."""
    threads, fit = [], HistGradientBoostingClassifier.fit

    def watched(trees: HistGradientBoostingClassifier, *data: Any) -> Any:
        threads.append({pool["num_threads"] for pool in threadpool_info()})
        return fit(trees, *data)

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", watched)
    with threadpool_limits(2):
        baselines.fit(flat, seed=1)
    assert threads == [{1}]
