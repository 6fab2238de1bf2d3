from dataclasses import replace

import numpy as np
import pandas as pd
from evaluate.made import BINARY, made

from hallmark.contracts.examples import Examples, Source
from hallmark.evaluate import target_encoding


def test_a_code_of_few_rows_each_is_told_whatever_its_order() -> None:
    """Ninety codes of ten rows: trees with twenty rows in a leaf see no order that tells."""
    codes = np.random.default_rng(1).integers(90, size=900)
    labels = np.random.default_rng(2).integers(2, size=90)[codes]
    rows = pd.DataFrame({"id": np.arange(900).astype(str), "label": np.array(BINARY)[labels]})
    train = Examples(rows, {}, BINARY, Source(title="made"))
    answer = target_encoding.fit(codes[:, None].astype(float), train)
    assert answer is not None

    told = answer(np.arange(92.0)[:, None])["logits"]
    known = np.unique(codes)
    labels_by_code = pd.Series(labels).groupby(codes).first()
    np.testing.assert_array_equal(told[known].argmax(axis=1), labels_by_code)
    np.testing.assert_allclose(np.exp(told[91]), np.bincount(labels) / 900)  # what training lacks: the share of all


def test_combinations_of_flags_and_missing_values_are_values() -> None:
    train = made().split("train")
    fraud = train.table["label"].to_numpy() == "fraud"
    values = np.stack([np.where(fraud, np.nan, 1.0), np.arange(len(fraud)) % 2], axis=1)
    answer = target_encoding.fit(values, train)
    assert answer is not None
    np.testing.assert_array_equal(answer(values)["logits"].argmax(axis=1) == 1, fraud)


def test_numbers_get_the_mean_of_their_value() -> None:
    target = np.array([[0.1], [0.3], [0.8], [1.0], [0.2], [0.9]], np.float32)
    rows = pd.DataFrame({"id": [str(row) for row in range(6)]})
    train = Examples(rows, {"target.action": target}, (), Source(title="made"))
    answer = target_encoding.fit(np.array([[-0.0], [0.0], [7], [7], [0], [7]]), train)
    assert answer is not None
    mean = target.mean()
    np.testing.assert_allclose(
        answer(np.array([[0.0], [7]]))["action"][:, 0], [(0.6 + mean) / 4, (2.7 + mean) / 4], rtol=1e-5
    )


def test_values_that_hardly_come_back_have_no_table() -> None:
    cards = made()
    assert target_encoding.fit(np.arange(len(cards))[:, None] // 2.0, cards) is None
    assert target_encoding.fit(np.arange(len(cards))[:, None] // 4.0, replace(cards, arrays={})) is not None
