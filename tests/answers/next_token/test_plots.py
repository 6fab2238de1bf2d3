import numpy as np

from hallmark.answers.next_token.plots import shades


def test_the_shade_of_a_token_is_its_surprise_up_to_twelve_bits() -> None:
    log_likelihood = -np.log(2) * np.array([[0, 3, 12, 20]], np.float32)
    np.testing.assert_allclose(shades({"log_likelihood": log_likelihood}), [0, 0.25, 1, 1], atol=1e-6)
