"""Next tokens are scored by their likelihood, in bits per byte, and by whether the most probable one came."""

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


def fit_postprocess(
    outputs: Outputs,
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the contract's: no cost depends on a token)
) -> dict[str, Any]:
    """Return the post-processing as data: the tokens as text, and the temperature at which the probability of the next
    token is best on `examples`, the validation split."""
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
    """Return a row for each window. What is answered is the token after it: `mistake` says whether another came.

    Scores of what counts in the window, so of each token of a document once: bits_per_byte (weighted by bytes),
    nats_per_character (by characters) and perplexity (nats per token, by tokens); and the accuracy of the next token.
    Raises `InputError` where the package knows other tokens than the examples.
    """
    if list(postprocess["vocabulary"]) != list(examples.encoding["vocabulary"]):
        raise InputError("the package knows other tokens than the examples were made of, so it cannot read them")
    try:
        answers = decoding.answer(outputs, postprocess)
    except ValueError as error:
        raise InputError(str(error)) from error

    is_right = outputs["logits"].argmax(axis=1) == examples.arrays["target.next"]
    table = answers[["prediction", "confidence"]].assign(certainty=answers["confidence"], mistake=~is_right)

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
    """Return (n, T): whether the token at a position counts in its window, so that each of a document counts once."""
    positions = np.arange(examples.arrays["tokens"].shape[1])
    starts = np.asarray(examples.arrays["target.start"])[:, None]
    lengths = np.asarray(examples.arrays["length"])[:, None]
    is_scored: np.ndarray = (positions >= starts) & (positions < lengths)
    return is_scored
