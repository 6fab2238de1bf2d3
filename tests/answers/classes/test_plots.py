import numpy as np
import pytest

from hallmark.answers.classes.plots import support


@pytest.mark.parametrize(("positive", "expected"), [(None, [0.75, 0.5, 0.25]), ("b", [0.75, 0.5, 0.25])])
def test_the_support_is_the_probability_of_the_label_that_the_first_row_gets(
    positive: str | None, expected: list[float]
) -> None:
    logits = 2 * np.log(np.array([[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]]))
    postprocess = {"labels": ["a", "b"], "positive": positive, "temperature": 2.0, "threshold": 0.5}
    np.testing.assert_allclose(support({"logits": logits}, postprocess), expected)


def test_a_label_that_a_threshold_chose_is_the_one_that_is_supported() -> None:
    """Where a miss is dear, "b" is the answer although it is the less probable label."""
    logits = np.log(np.array([[0.75, 0.25], [0.5, 0.5]]))
    postprocess = {"labels": ["a", "b"], "positive": "b", "temperature": 1.0, "threshold": 0.2}
    np.testing.assert_allclose(support({"logits": logits}, postprocess), [0.25, 0.5])
