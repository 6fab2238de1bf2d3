"""Every scorer on every split, in one table: what all metrics, groups, drift and figures read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from rich.progress import Progress

from hallmark.answers.answer import Scoring
from hallmark.contracts.examples import SPLITS, Examples
from hallmark.contracts.predictions import MODEL
from hallmark.contracts.scorers import Columns, Predict
from hallmark.errors import InputError
from hallmark.evaluate import descriptors

Outputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class Scored:
    """Predictions of all scorers (see `contracts.predictions`), and what that table does not hold of the test split.

    `outputs` are the raw outputs on the test split, `postprocess` each scorer's post-processing, and `milliseconds`
    what scoring 1,000 test examples took: of this machine and this run, the only thing here that is not repeatable.
    """

    predictions: pd.DataFrame
    outputs: dict[str, Outputs]
    postprocess: dict[str, Mapping[str, Any]]
    milliseconds: dict[str, float]

    def of(self, scorer: str, split: str) -> pd.DataFrame:
        """Return the rows of one scorer on one split, in the order of the examples."""
        return self.predictions[(self.predictions["scorer"] == scorer) & (self.predictions["split"] == split)]


def gather(
    examples: Examples,
    model: Predict,
    fit: Callable[..., dict[str, Predict]],
    *,
    columns: Columns | None = None,
    seed: int,
    progress: Progress,
) -> dict[str, Predict]:
    """Return the scorers by name: the model, the simple methods and the rule, and the descriptors alone.

    `fit` is a system's `baselines.fit`; both it and the descriptors' predictor see the training split only. Without a
    known label set, only the system can say what the descriptors alone predict.
    """
    bar = progress.add_task("fitting simple methods", total=None)
    train = examples.split("train")
    scorers = {MODEL: model, **fit(train, seed=seed)}
    alone = descriptors.fit(train, columns=columns, seed=seed) if train.labels else None
    progress.update(bar, total=1, completed=1)
    return scorers if alone is None else {**scorers, descriptors.NAME: alone}


def parts(examples: Examples, *, max_train_rows: int, seed: int) -> dict[str, Examples]:
    """Return the examples by split, of the training split at most `max_train_rows`, drawn by `seed`; no empty split.

    Raises `InputError` where validation or test is empty.
    """
    split = examples.table["split"].to_numpy()
    rows = {name: np.flatnonzero(split == name) for name in SPLITS}
    for name in ("validation", "test"):
        if not len(rows[name]):
            raise InputError(f"the {name} split is empty: nothing can be evaluated")
    if len(rows["train"]) > max_train_rows:
        drawn = np.random.default_rng(seed).choice(rows["train"], max_train_rows, replace=False)
        rows["train"] = np.sort(drawn)
    return {name: examples.take(at) for name, at in rows.items() if len(at)}


def score_all(
    examples: Mapping[str, Examples],
    scorers: Mapping[str, Predict],
    scoring: Scoring,
    *,
    progress: Progress,
    **how: Any,
) -> Scored:
    """Score every split of `examples` by every scorer. `how` is the model's `postprocess`, and the `decision`.

    The model brings its post-processing in its package; the others' is fitted on the same validation split in
    the same way, so that none has an advantage.
    """
    postprocess: dict[str, Mapping[str, Any]] = {}
    tables, test_outputs, milliseconds = [], {}, {}
    bar = progress.add_task("scoring", total=len(scorers))
    for name, predict in scorers.items():
        outputs = {}
        for split, part in examples.items():
            started = perf_counter()
            outputs[split] = predict(part)
            if split == "test":
                milliseconds[name] = (perf_counter() - started) / len(part) * 1e6
        postprocess[name] = (
            how["postprocess"]
            if name == MODEL
            else scoring.fit_postprocess(outputs["validation"], examples["validation"], decision=how["decision"])
        )
        for split, part in examples.items():
            scores = scoring.score(outputs[split], part, postprocess=postprocess[name], decision=how["decision"])
            tables.append(labelled(part, scores, name))
        test_outputs[name] = outputs["test"]
        progress.advance(bar)
    return Scored(pd.concat(tables, ignore_index=True), test_outputs, postprocess, milliseconds)


def labelled(examples: Examples, scores: pd.DataFrame, scorer: str) -> pd.DataFrame:
    """Return the scores of some examples as rows of the predictions table (see `hallmark.contracts.predictions`)."""
    wanted = ["id", "split", "entity", "time", *examples.groups, "label"]
    kept = examples.table[[column for column in wanted if column in examples.table]]
    scores = scores.astype({"mistake": float}) if "mistake" in scores else scores
    table = pd.concat([kept.reset_index(drop=True), scores.reset_index(drop=True)], axis=1)
    table.insert(0, "scorer", scorer)
    return table
