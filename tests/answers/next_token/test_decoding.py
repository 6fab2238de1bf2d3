import numpy as np
import pytest

from hallmark.answers.next_token import decoding as likelihood

OUTPUTS = {
    "logits": np.log(np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]], np.float32)),
    "log_likelihood": np.array([[0.0, -1.0, -2.0], [0.0, -0.5, 0.0]], np.float32),
}
POSTPROCESS = {"kind": "likelihood", "temperature": 1.0, "vocabulary": ["a", " b", "."]}


def test_the_most_probable_next_token_is_the_answer() -> None:
    table = likelihood.answer(OUTPUTS, POSTPROCESS)
    assert table["prediction"].tolist() == ["a", "."]
    assert table["probability"].tolist() == pytest.approx([0.7, 0.5])
    assert table["nats"].tolist() == pytest.approx([3.0, 0.5])
    assert list(table)[1:] == likelihood.numbers(POSTPROCESS)


def test_the_temperature_changes_the_confidence_and_not_the_answer() -> None:
    table = likelihood.answer(OUTPUTS, {**POSTPROCESS, "temperature": 0.5})
    assert table["prediction"].tolist() == ["a", "."]
    assert table["probability"][0] == pytest.approx(0.49 / (0.49 + 0.04 + 0.01), rel=1e-5)


def test_large_logits_stay_finite() -> None:
    assert likelihood.next_token_probabilities(np.array([[1e4, 0.0]]), 0.01).tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("name", "message"), [("logits", "logits of row 1"), ("log_likelihood", "likelihood of row 1")]
)
def test_what_is_not_finite_is_refused(name: str, message: str) -> None:
    broken = OUTPUTS[name].copy()
    broken[1, 0] = np.nan
    with pytest.raises(ValueError, match=message):
        likelihood.answer({**OUTPUTS, name: broken}, POSTPROCESS)
