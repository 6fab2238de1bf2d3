from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from hallmark.answers.transcript import scoring
from hallmark.answers.transcript.baselines import spell
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.speech.reading.transcripts import tokens

ALPHABET = "abcdefghijklmnopqrstuvwxyz "


def _table_distance(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Wagner & Fischer 1974, the whole table."""
    table = np.zeros((len(reference) + 1, len(hypothesis) + 1), int)
    table[:, 0] = np.arange(len(reference) + 1)
    table[0] = np.arange(len(hypothesis) + 1)
    for i, a in enumerate(reference, start=1):
        for j, b in enumerate(hypothesis, start=1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b))
    return int(table[-1, -1])


@given(reference=st.text("abc", min_size=1, max_size=80), hypothesis=st.text("abc", max_size=80))
def test_the_error_rate_of_letters_is_edits_over_the_length(reference: str, hypothesis: str) -> None:
    rates, lengths = scoring.error_rates([reference], [hypothesis])
    assert lengths.tolist() == [len(reference)]
    assert rates.tolist() == [_table_distance(reference, hypothesis) / len(reference)]


# Words of one letter are words, too: they are not the letters of longer ones.
_WORDS = ("turn", "on", "the", "light", "a", "b", "ab")


@given(
    reference=st.lists(st.sampled_from(_WORDS), min_size=1, max_size=80),
    hypothesis=st.lists(st.sampled_from(_WORDS), max_size=80),
)
def test_the_error_rate_of_words_is_edits_over_the_length(reference: list[str], hypothesis: list[str]) -> None:
    rates, lengths = scoring.error_rates([reference], [hypothesis])
    assert lengths.tolist() == [len(reference)]
    assert rates.tolist() == [_table_distance(reference, hypothesis) / len(reference)]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "edits"),
    [("kitten", "sitting", 3), ("abc", "", 3), ("abc", "abc", 0), ("ab" * 80, "ba" * 80, 2)],
)
def test_the_error_rate_by_hand(reference: str, hypothesis: str, edits: int) -> None:
    rates, _ = scoring.error_rates([reference], [hypothesis])
    assert rates.tolist() == [edits / len(reference)]


def _examples(*texts: str) -> Examples:
    encoding = {"alphabet": ALPHABET, "lexicon": None}
    return Examples(pd.DataFrame({"label": texts}), {}, (), encoding=encoding)


def _outputs_for(*texts: str, confidence: list[float] | None = None) -> dict[str, np.ndarray]:
    spelled = tokens(np.array(texts, object), ALPHABET)[0]
    return spell(spelled, np.array(confidence or [0.5] * len(texts)), len(ALPHABET))


POSTPROCESS = {"kind": "ctc", "alphabet": ALPHABET, "lexicon": None, "slope": -1.0, "intercept": 0.0}


def test_scores_by_hand() -> None:
    examples = _examples("turn on the light", "stop", "play music")
    outputs = _outputs_for("turn on light", "stop", "pay music now")
    table = scoring.score(outputs, examples, postprocess=POSTPROCESS, decision=Decision(mistake=3.0))

    assert table["prediction"].tolist() == ["turn on light", "stop", "pay music now"]
    assert table["mistake"].tolist() == [True, False, True]
    assert table["score.word_error_rate"].tolist() == [0.25, 0, 1.0]
    assert table["weight.word_error_rate"].tolist() == [4, 1, 2]
    assert table["score.character_error_rate"].tolist() == [pytest.approx(4 / 17), 0, pytest.approx(5 / 10)]
    assert table["weight.character_error_rate"].tolist() == [17, 4, 10]
    assert table["score.accuracy"].tolist() == [0, 1, 0]
    assert table["score.cost"].tolist() == [3, 0, 3]
    assert (table["certainty"] == table["confidence"]).all()


def test_without_labels_there_are_answers_and_no_scores() -> None:
    unlabelled = replace(_examples("a"), table=pd.DataFrame({"id": ["x"]}))
    table = scoring.score(_outputs_for("stop"), unlabelled, postprocess=POSTPROCESS, decision=Decision())
    assert list(table.columns) == ["prediction", "confidence", "certainty"]


def test_the_curve_is_that_of_logistic_regression() -> None:
    generator = np.random.default_rng(3)
    log_nll = generator.normal(size=4000) * 3 - 1
    right = generator.random(4000) < 1 / (1 + np.exp(0.8 * log_nll - 0.5))
    reference = LogisticRegression(C=1e6).fit(log_nll[:, None], right)
    slope, intercept = scoring.fit_logistic_curve(log_nll, right)
    assert slope == pytest.approx(reference.coef_[0, 0], abs=0.01)
    assert intercept == pytest.approx(reference.intercept_[0], abs=0.01)


@pytest.mark.parametrize("right", [np.zeros(8, bool), np.ones(8, bool), np.arange(8) < 4])
def test_the_curve_stays_finite_where_all_is_right_or_wrong_or_clear(right: np.ndarray) -> None:
    slope, intercept = scoring.fit_logistic_curve(np.arange(8.0), right)
    confidence = 1 / (1 + np.exp(-(slope * np.arange(8.0) + intercept)))
    assert confidence.mean() == pytest.approx(right.mean(), abs=0.15)
    assert np.isfinite([slope, intercept]).all()
    assert scoring.fit_logistic_curve(np.full(8, 2.0), right)[0] == pytest.approx(0, abs=1e-3)


def test_surer_answers_that_are_right_more_often_get_more_confidence() -> None:
    texts = ["stop", "go"] * 20
    outputs = _outputs_for(*["stop"] * 40, confidence=[0.9, 0.1] * 20)
    postprocess = scoring.fit_postprocess(outputs, _examples(*texts), decision=Decision())
    table = scoring.score(outputs, _examples(*texts), postprocess=postprocess, decision=Decision())
    assert (postprocess["kind"], postprocess["alphabet"]) == ("ctc", ALPHABET)
    assert table["confidence"][0] > 0.9
    assert table["confidence"][1] < 0.1


def test_another_alphabet_is_refused() -> None:
    other = {**POSTPROCESS, "alphabet": "abc"}
    with pytest.raises(InputError, match="the package spells with 'abc', the examples with"):
        scoring.score(_outputs_for("a"), _examples("a"), postprocess=other, decision=Decision())


def test_a_logit_that_is_not_finite_is_a_fault_of_the_input() -> None:
    outputs = _outputs_for("a", "b")
    outputs["logits"][1, 0, 0] = np.nan
    for call in (
        lambda: scoring.fit_postprocess(outputs, _examples("a", "b"), decision=Decision()),
        lambda: scoring.score(outputs, _examples("a", "b"), postprocess=POSTPROCESS, decision=Decision()),
    ):
        with pytest.raises(InputError, match="logits of row 1 must be finite"):
            call()
