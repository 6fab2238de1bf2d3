"""Scoring of transcripts by edit distance, and their confidence: a logistic curve."""

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

label_probabilities = None  # the answer is no label of a known set


def fit_postprocess(
    outputs: Outputs,
    examples: Examples,
    *,
    decision: Decision,  # noqa: ARG001 (the interface's: no threshold depends on a cost)
) -> dict[str, Any]:
    """Return the post-processing as data, fitted on `examples`, the validation split.

    It has alphabet, lexicon, and the curve from a path's log-NLL to the probability that the
    transcript is right. `outputs` are logits (n, T, 1 + letters) and frames (n,), see
    `decoding.decode`.
    """
    alphabet = examples.encoding["alphabet"]
    lexicon = examples.encoding["lexicon"]
    try:
        texts, log_nll = decoding.decode(outputs, alphabet, lexicon)
    except ValueError as error:
        raise InputError(str(error)) from error

    is_right = texts == examples.table["label"].to_numpy(object)
    slope, intercept = fit_logistic_curve(log_nll, is_right)
    return {
        "kind": "ctc",
        "alphabet": alphabet,
        "lexicon": lexicon,
        "slope": slope,
        "intercept": intercept,
    }


def score(outputs: Outputs, examples: Examples, *, postprocess: Mapping[str, Any], decision: Decision) -> pd.DataFrame:
    """Return prediction, confidence, certainty (the same), mistake, score.* and weight.* of each row.

    Without transcripts in the examples, the first three only. Scores:

    - word_error_rate, character_error_rate: edits by the length of the true transcript, which is
      the weight.
    - accuracy: 1 if the whole transcript is right.
    - cost: `decision.mistake` if it is not, in the decision's unit.

    Raises `InputError` where the examples have another alphabet than the post-processing.
    """
    package_alphabet = postprocess["alphabet"]
    alphabet = examples.encoding["alphabet"]
    if package_alphabet != alphabet:
        raise InputError(f"the package spells with {package_alphabet!r}, the examples with {alphabet!r}")
    try:
        answers = decoding.answer(outputs, postprocess)
    except ValueError as error:
        raise InputError(str(error)) from error

    probability = answers["probability"]
    table = answers[["prediction"]].assign(confidence=probability, certainty=probability)
    if "label" not in examples.table:
        return table

    references = examples.table["label"].to_numpy(object)
    hypotheses = table["prediction"].to_numpy(object)
    is_mistake = references != hypotheses
    table["mistake"] = is_mistake

    reference_words = [text.split() for text in references]
    hypothesis_words = [text.split() for text in hypotheses]
    one_each = np.ones(len(table))
    scores = {
        "word_error_rate": error_rates(reference_words, hypothesis_words),
        "character_error_rate": error_rates(references.tolist(), hypotheses.tolist()),
        "accuracy": ((~is_mistake).astype(float), one_each),
        "cost": (decision.mistake * is_mistake.astype(float), one_each),
    }
    for name, (values, weights) in scores.items():
        table[f"score.{name}"] = values
        table[f"weight.{name}"] = weights
    return table


def error_rates(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the Levenshtein distances divided by the references' lengths, and these lengths; both (n,).

    References and hypotheses are sequences of words, or texts: sequences of characters.
    """
    lengths = np.array([len(reference) for reference in references], float)
    pairs = zip(references, hypotheses, strict=True)
    edits = np.array([Levenshtein.distance(reference, hypothesis) for reference, hypothesis in pairs], float)
    return edits / lengths, lengths


def fit_logistic_curve(log_nll: np.ndarray, is_right: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of P(right) = logistic(slope x log_nll + intercept).

    `log_nll` and `is_right` are (n,). The targets are a little above 0 and below 1, so that the fit
    is finite even if all are right, all are wrong, or the log-NLL separates them (Platt 1999,
    "Probabilistic outputs for support vector machines").
    """
    n_right = int(is_right.sum())
    n_wrong = len(is_right) - n_right
    targets = np.where(is_right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))

    centre = log_nll.mean()
    spread = max(float(log_nll.std()), 1e-9)
    standardised = (log_nll - centre) / spread

    def cross_entropy(curve: np.ndarray) -> tuple[float, np.ndarray]:
        log_odds = curve[0] * standardised + curve[1]
        loss = np.mean(np.logaddexp(0, log_odds) - targets * log_odds)
        error = 1 / (1 + np.exp(-log_odds)) - targets
        gradient = np.array([np.mean(error * standardised), np.mean(error)])
        return float(loss), gradient

    slope, intercept = minimize(cross_entropy, np.zeros(2), jac=True, method="BFGS").x
    return float(slope / spread), float(intercept - slope * centre / spread)
