"""Scored predictions: what every scorer predicts on every split, in one table that metrics, bias and drift read."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from rich.progress import Progress

from hallmark.answers.answer import Scoring
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import SPLITS, Examples
from hallmark.contracts.predictions import MODEL
from hallmark.contracts.scorers import Columns, Predict
from hallmark.errors import InputError
from hallmark.evaluate import descriptor_baseline as descriptors

Outputs = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class ScoredPredictions:
    """Predictions of all scorers, and what the predictions table does not hold of the test split.

    table: The predictions table (see `contracts.predictions`).
    outputs: Each scorer's raw outputs on the test split, by scorer and name of the output; none
        where that is sealed.
    model_outputs: The model's raw outputs on validation and test, by split and name of the output.
    postprocess: The parameters of each scorer's post-processing.
    milliseconds: Wall time to predict 1,000 examples of test, or of validation where test is sealed,
        by scorer. It depends on machine and run; all else is repeatable.
    """

    table: pd.DataFrame
    outputs: dict[str, Outputs]
    model_outputs: dict[str, Outputs]
    postprocess: dict[str, Mapping[str, Any]]
    milliseconds: dict[str, float]

    def of(self, scorer: str, split: str) -> pd.DataFrame:
        """Return the rows of one scorer on one split, in the order of the split's examples."""
        return self.table[(self.table["scorer"] == scorer) & (self.table["split"] == split)]


def fit_scorers(
    examples: Examples,
    model: Predict,
    fit_baselines: Callable[..., dict[str, Predict]],
    *,
    columns: Columns | None = None,
    seed: int,
    progress: Progress,
) -> dict[str, Predict]:
    """Fit all scorers on the training split and return them by name, the model first.

    After the model come the system's baselines (`fit_baselines`: simple methods and the fixed
    rule), then the descriptors alone, where there is a known label set and a descriptor that is not
    an input (see `descriptors.fit`).
    """
    bar = progress.add_task("fitting simple methods", total=None)
    train = examples.split("train")
    scorers = {MODEL: model, **fit_baselines(train, seed=seed)}
    if train.labels:
        predict_by_descriptors = descriptors.fit(train, columns=columns, seed=seed)
        if predict_by_descriptors is not None:
            scorers[descriptors.NAME] = predict_by_descriptors
    progress.update(bar, total=1, completed=1)
    return scorers


def split_examples(
    examples: Examples, *, max_train_rows: int, seed: int, without: Collection[str] = ()
) -> dict[str, Examples]:
    """Return the examples by split; of the training split `max_train_rows` random ones at most, fixed by `seed`.

    An empty split is left out, and so are those of `without`, whose arrays are not read. Raises
    `InputError` where validation or test is empty and not left out.
    """
    splits = examples.table["split"].to_numpy()
    rows = {name: np.flatnonzero(splits == name) for name in SPLITS if name not in without}
    for name in {"validation", "test"}.difference(without):
        if not len(rows[name]):
            raise InputError(f"the {name} split is empty: nothing can be evaluated")

    if len(rows["train"]) > max_train_rows:
        sampled = np.random.default_rng(seed).choice(rows["train"], max_train_rows, replace=False)
        rows["train"] = np.sort(sampled)
    return {name: examples.take(split_rows) for name, split_rows in rows.items() if len(split_rows)}


def score_splits(
    by_split: Mapping[str, Examples],
    scorers: Mapping[str, Predict],
    scoring: Scoring,
    *,
    model_postprocess: Mapping[str, Any],
    decision: Decision,
    progress: Progress,
) -> ScoredPredictions:
    """Predict and score every split by every scorer.

    The model's post-processing comes with its package. That of the others is fitted on the same
    validation split in the same way, so that no scorer has an advantage.

    by_split: Examples by split.
    scorers: Examples → raw outputs, by scorer.
    """
    tables = []
    test_outputs = {}
    model_outputs: dict[str, Outputs] = {}
    postprocess_by_scorer: dict[str, Mapping[str, Any]] = {}
    milliseconds = {}
    timed_split = "test" if "test" in by_split else "validation"
    bar = progress.add_task("scoring", total=len(scorers))
    for scorer, predict in scorers.items():
        outputs = {}
        for split, examples in by_split.items():
            started = perf_counter()
            outputs[split] = predict(examples)
            if split == timed_split:
                milliseconds[scorer] = (perf_counter() - started) / len(examples) * 1e6  # s/example → ms/1,000

        postprocess = model_postprocess
        if scorer != MODEL:
            validation = by_split["validation"]
            postprocess = scoring.fit_postprocess(outputs["validation"], validation, decision=decision)

        for split, examples in by_split.items():
            scores = scoring.score(outputs[split], examples, postprocess=postprocess, decision=decision)
            tables.append(label_scores(examples, scores, scorer))
        if scorer == MODEL:
            model_outputs = {split: outputs[split] for split in ("validation", "test") if split in outputs}
        if "test" in outputs:
            test_outputs[scorer] = outputs["test"]
        postprocess_by_scorer[scorer] = postprocess
        progress.advance(bar)
    return ScoredPredictions(
        table=pd.concat(tables, ignore_index=True),
        outputs=test_outputs,
        model_outputs=model_outputs,
        postprocess=postprocess_by_scorer,
        milliseconds=milliseconds,
    )


def label_scores(examples: Examples, scores: pd.DataFrame, scorer: str) -> pd.DataFrame:
    """Return rows of the predictions table: the scores of `examples`, with their ids, entities, groups and labels.

    `scores` has a row for each example, in the same order (see `Scoring.score`).
    """
    names = ["id", "split", "entity", "time", *examples.groups, "label"]
    described = examples.table[[name for name in names if name in examples.table]].reset_index(drop=True)
    if "mistake" in scores:
        scores = scores.astype({"mistake": float})

    rows = pd.concat([described, scores.reset_index(drop=True)], axis=1)
    rows.insert(0, "scorer", scorer)
    return rows
