"""From log likelihoods to bits per byte, and from the logits of the next token to an answer that is right or wrong."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hallmark.answers.next_token import decoding
from hallmark.answers.temperature import fit_temperature
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError


def fit_postprocess(
    outputs: Mapping[str, np.ndarray],
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the contract's: no cost hangs on a token)
) -> dict[str, Any]:
    """Return the post-processing as data: the tokens as text, and the temperature at which the probability of the next
    token is best on `examples`, the validation split."""
    temperature = fit_temperature(outputs["logits"], examples.arrays["target.next"].astype(np.int64))
    return {"kind": "likelihood", "temperature": temperature, "vocabulary": list(examples.encoding["vocabulary"])}


def score(
    outputs: Mapping[str, np.ndarray],
    examples: Examples,
    *,
    postprocess: Mapping[str, Any],
    decision: Decision,  # noqa: ARG001 (the contract's: no cost hangs on a token)
) -> pd.DataFrame:
    """Return a row for each window. What is answered is the token after it: `mistake` says whether another came.

    Scores of what counts in the window, so of each token of a document once: bits_per_byte (weighted by bytes),
    nats_per_character (by characters) and perplexity (nats per token, by tokens); and the accuracy of the next token.
    Raises `InputError` where the package knows other tokens than the examples.
    """
    if list(postprocess["vocabulary"]) != list(examples.encoding["vocabulary"]):
        raise InputError("the package knows other tokens than the examples were made of, so it cannot read them")
    try:
        table = decoding.answer(outputs, postprocess).drop(columns="nats")
    except ValueError as error:
        raise InputError(str(error)) from error
    right = outputs["logits"].argmax(axis=1) == examples.arrays["target.next"]
    counted = counts(examples)
    nats = -np.where(counted, outputs["log_likelihood"], 0.0).sum(axis=1, dtype=np.float64)
    size = {
        "bits_per_byte": examples.table["bytes"].to_numpy(float),
        "nats_per_character": examples.table["characters"].to_numpy(float),
        "perplexity": counted.sum(axis=1).astype(float),
    }
    table = table.assign(certainty=table["confidence"], mistake=~right)
    for name, weight in size.items():
        total = nats / np.log(2) if name == "bits_per_byte" else nats
        table[f"score.{name}"] = total / np.maximum(weight, 1)
        table[f"weight.{name}"] = weight
    return table.assign(**{"score.accuracy": right.astype(float), "weight.accuracy": 1.0})


def counts(examples: Examples) -> np.ndarray:
    """Return (n, T): whether the token at a position counts in its window."""
    position = np.arange(examples.arrays["tokens"].shape[1])
    counted: np.ndarray = position >= np.asarray(examples.arrays["target.start"])[:, None]
    return counted & (position < np.asarray(examples.arrays["length"])[:, None])
