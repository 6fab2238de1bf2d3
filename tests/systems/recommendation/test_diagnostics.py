"""Coverage and popularity bias of scorers whose lists are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawings import by_name
from known import known
from matplotlib.patches import Rectangle

from hallmark.config.section import Section
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.systems.recommendation.diagnostics import diagnose
from hallmark.systems.system import DiagnosticData


def fixed(order: np.ndarray) -> Predict:
    def predict(examples: Examples) -> dict[str, np.ndarray]:
        logits = np.zeros((len(examples), 120), np.float32)
        logits[:, order] = -np.arange(120)
        return {"logits": logits}

    return predict


@pytest.fixture
def shown(prepared: Examples) -> DiagnosticData:
    counts = np.array(prepared.encoding["training_counts"])
    order = counts.argsort(kind="stable")[::-1]
    scorers = {"model": fixed(order[::-1]), "rule": fixed(order)}
    test = prepared.split("test")
    rows = test.table.assign(scorer="model", **{"score.ndcg_at_10": 0.5, "weight.ndcg_at_10": 1.0})
    rows.loc[rows["group.genre"] == "comedy", "score.ndcg_at_10"] = np.resize(
        [0.0, 0.5], (rows["group.genre"] == "comedy").sum()
    )

    outputs = {name: predict(test) for name, predict in scorers.items()}
    return DiagnosticData({"test": test}, {}, outputs, {}, rows, seed=1)  # no scorer: what was scored is at hand


def test_the_worst_served_genre_comes_first(shown: DiagnosticData) -> None:
    found = [finding for finding in diagnose(shown, Section()).findings if finding.check == "evaluate.genre"]
    genres = shown.examples["test"].table["group.genre"]
    assert len(found) == genres.nunique()
    assert found[0].subject == "ndcg_at_10 | genre=comedy"
    assert found[0].estimate == pytest.approx(0.25, abs=0.02)
    assert found[0].n == shown.examples["test"].table["entity"][genres == "comedy"].nunique()


def test_items_without_genres_are_not_asked(shown: DiagnosticData) -> None:
    bare = replace(shown, predictions=shown.predictions.drop(columns="group.genre"))
    assert {finding.check for finding in diagnose(bare, Section()).findings} == {
        "evaluate.coverage",
        "evaluate.popularity_bias",
    }


def test_findings_by_hand(shown: DiagnosticData, prepared: Examples) -> None:
    found = {(finding.check, finding.subject): finding for finding in diagnose(shown, Section()).findings}
    assert found["evaluate.coverage", "rule"].estimate == pytest.approx(10 / 120)
    assert "the rule shows 10 of the 120 items" in found["evaluate.coverage", "rule"].reason

    percentile = pd.Series(prepared.encoding["training_counts"]).rank(pct=True).to_numpy()
    test = shown.examples["test"]
    chosen = percentile[test.arrays["target.item"] - 1].mean()  # as many rows of each user
    bias = found["evaluate.popularity_bias", "rule"]
    assert bias.estimate == pytest.approx(np.sort(percentile)[-10:].mean() - chosen)
    assert bias.n == test.table["entity"].nunique()
    assert 0 < known(bias.low) < known(bias.estimate) < known(bias.high)
    assert "is more popular than what the same users chose" in bias.reason
    assert known(found["evaluate.popularity_bias", "model"].high) < 0


def test_figures_show_every_scorer_and_what_was_chosen(shown: DiagnosticData) -> None:
    drawn = by_name(diagnose(shown, Section()).figures)
    assert set(drawn) == {"coverage", "popularity"}

    labels = [text.get_text() for text in known(drawn["coverage"].axes[0].get_legend()).get_texts()]
    assert labels == ["chosen by users", "model", "rule"]
    assert [text.get_text() for text in drawn["popularity"].axes[0].get_yticklabels()] == labels

    bars = drawn["popularity"].axes[0].patches
    widths = [bar.get_width() for bar in bars if isinstance(bar, Rectangle)]
    assert np.reshape(widths, (3, 3)).sum(axis=0) == pytest.approx([1, 1, 1])
