"""Transcripts are scored by edit distance, and how sure the model is by a logistic curve fitted on validation."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein
from scipy.optimize import minimize

from hallmark.answers.transcript import decoding
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Outputs
from hallmark.errors import InputError


def fit_postprocess(
    outputs: Outputs,
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the interface's: no threshold depends on a cost)
) -> dict[str, Any]:
    """Return alphabet, lexicon, and the curve from a path's doubt to the probability of a right transcript, fitted on
    `examples`, the validation split. `outputs` are logits (n, T, 1 + letters) and frames (n,).
    """
    alphabet, lexicon = examples.encoding["alphabet"], examples.encoding["lexicon"]
    try:
        texts, doubt = decoding.decode(outputs, alphabet, lexicon)
    except ValueError as error:
        raise InputError(str(error)) from error
    slope, intercept = fit_curve(doubt, texts == examples.table["label"].to_numpy(object))
    return {"kind": "ctc", "alphabet": alphabet, "lexicon": lexicon, "slope": slope, "intercept": intercept}


def score(outputs: Outputs, examples: Examples, *, postprocess: Mapping[str, Any], decision: Decision) -> pd.DataFrame:
    """Return prediction, confidence, certainty (the same), mistake and score.* with weight.*, row by row.

    Scores: word_error_rate and character_error_rate (edits over the transcript's words or characters, which weigh);
    accuracy (the whole transcript is right); cost (`decision.mistake` for each that is not). Raises `InputError`
    where the examples have another alphabet than the post-processing.
    """
    known, alphabet = postprocess["alphabet"], examples.encoding["alphabet"]
    if known != alphabet:
        raise InputError(f"the package spells with {known!r}, the examples with {alphabet!r}")
    try:
        table = decoding.answer(outputs, postprocess)
    except ValueError as error:
        raise InputError(str(error)) from error
    table = table[["prediction", "confidence"]].assign(certainty=table["confidence"])
    if "label" not in examples.table:
        return table
    references = examples.table["label"].to_numpy(object)
    hypotheses = table["prediction"].to_numpy(object)
    table["mistake"] = references != hypotheses
    right = (references == hypotheses).astype(float)
    words = error_rate([text.split() for text in references], [text.split() for text in hypotheses])
    measured = {
        "word_error_rate": words,
        "character_error_rate": error_rate(references.tolist(), hypotheses.tolist()),
        "accuracy": (right, np.ones(len(right))),
        "cost": (decision.mistake * (1 - right), np.ones(len(right))),
    }
    for name, (values, weights) in measured.items():
        table[f"score.{name}"] = values
        table[f"weight.{name}"] = weights
    return table


def fit_curve(doubt: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of P(right) = logistic(slope x doubt + intercept), from both (n,).

    Platt 1999, "Probabilistic outputs for support vector machines": the targets lie a little within 0 and 1, so that
    the fit stays finite where all are right, all are wrong, or the doubt tells them apart.
    """
    hits = int(right.sum())
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))
    centre, spread = doubt.mean(), max(float(doubt.std()), 1e-9)
    scaled = (doubt - centre) / spread

    def cross_entropy(curve: np.ndarray) -> tuple[float, np.ndarray]:
        log_odds = curve[0] * scaled + curve[1]
        error = 1 / (1 + np.exp(-log_odds)) - target
        value = np.mean(np.logaddexp(0, log_odds) - target * log_odds)
        return float(value), np.array([np.mean(error * scaled), np.mean(error)])

    slope, intercept = minimize(cross_entropy, np.zeros(2), jac=True, method="BFGS").x
    return float(slope / spread), float(intercept - slope * centre / spread)


def error_rate(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the edits (Levenshtein distance) over the length of each reference, and that length, both (n,)."""
    lengths = np.array([len(reference) for reference in references], float)
    pairs = zip(references, hypotheses, strict=True)
    edits = np.array([Levenshtein.distance(reference, hypothesis) for reference, hypothesis in pairs], float)
    return edits / lengths, lengths
