"""Scoring of next tokens by likelihood, in bits per byte, and accuracy, and their temperature."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hallmark.answers.next_token import decoding
from hallmark.answers.temperature import fit_temperature
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Outputs
from hallmark.errors import InputError

label_probabilities = None  # the answer is no label of a known set


def fit_postprocess(
    outputs: Outputs,
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the contract's: no cost depends on a token)
) -> dict[str, Any]:
    """Return the post-processing as data, fitted on `examples`, the validation split.

    It has the vocabulary, and the temperature with the least log loss of the next token.
    """
    temperature = fit_temperature(outputs["logits"], examples.arrays["target.next"].astype(np.int64))
    return {
        "kind": "likelihood",
        "temperature": temperature,
        "vocabulary": list(examples.encoding["vocabulary"]),
    }


def score(
    outputs: Outputs,
    examples: Examples,
    *,
    postprocess: Mapping[str, Any],
    decision: Decision,  # noqa: ARG001 (the contract's: no cost depends on a token)
) -> pd.DataFrame:
    """Return prediction, confidence, certainty (the same), mistake, score.* and weight.* of each window.

    The prediction is the token after the window; a mistake is another one. Scores:

    - bits_per_byte, nats_per_character, perplexity: of the tokens that count in the window
      (`scored_positions`), with their bytes, characters or tokens as weight. Perplexity is in nats
      per token here; the metric is the exponential of its mean.
    - accuracy: of the prediction.

    Raises `InputError` where the package has another vocabulary than the examples.
    """
    if list(postprocess["vocabulary"]) != list(examples.encoding["vocabulary"]):
        raise InputError("the package knows other tokens than the examples were made of, so it cannot read them")
    try:
        answers = decoding.answer(outputs, postprocess)
    except ValueError as error:
        raise InputError(str(error)) from error

    is_right = outputs["logits"].argmax(axis=1) == examples.arrays["target.next"]
    probability = answers["probability"]
    table = answers[["prediction"]].assign(confidence=probability, certainty=probability, mistake=~is_right)

    is_scored = scored_positions(examples)
    nats = -np.where(is_scored, outputs["log_likelihood"], 0.0).sum(axis=1, dtype=np.float64)
    totals_and_sizes = {
        "bits_per_byte": (nats / np.log(2), examples.table["bytes"].to_numpy(float)),
        "nats_per_character": (nats, examples.table["characters"].to_numpy(float)),
        "perplexity": (nats, is_scored.sum(axis=1).astype(float)),
    }
    for name, (total, size) in totals_and_sizes.items():
        table[f"score.{name}"] = total / np.maximum(size, 1)
        table[f"weight.{name}"] = size
    table["score.accuracy"] = is_right.astype(float)
    table["weight.accuracy"] = 1.0
    return table


def scored_positions(examples: Examples) -> np.ndarray:
    """Return which tokens count in their window, (n, T) bool.

    Windows overlap; each token of a document counts in one of them.
    """
    positions = np.arange(examples.arrays["tokens"].shape[1])
    starts = np.asarray(examples.arrays["target.start"])[:, None]
    lengths = np.asarray(examples.arrays["length"])[:, None]
    is_scored: np.ndarray = (positions >= starts) & (positions < lengths)
    return is_scored
