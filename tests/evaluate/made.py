"""A small task with cards and amounts, scorers that are as good as they are told to be, and its predictions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from rich.progress import Progress

from hallmark.answers.classes import scoring as classification
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples, Source
from hallmark.contracts.scorers import Predict
from hallmark.evaluate.scored_predictions import ScoredPredictions, score_splits, split_examples
from hallmark.systems.system import DrawAttribution, DrawShaded

BINARY = ("genuine", "fraud")
QUIET = Progress(disable=True)
DECISION = Decision(positive="fraud", matrix={"fraud": {"genuine": 8.0}}, unit="EUR")


DrawInput = Callable[[Axes, Examples], object]


@dataclass(frozen=True)
class InputPlots:
    """The part `plots` of a system."""

    draw_input: DrawInput
    draw_shaded: DrawShaded | None = None
    draw_attribution: DrawAttribution | None = None

    def draw(self, axes: Axes, example: Examples) -> None:
        self.draw_input(axes, example)


class Scoring:
    """The part `scoring` of a system."""

    fit_postprocess = staticmethod(classification.fit_postprocess)
    score = staticmethod(classification.score)
    label_probabilities = staticmethod(classification.label_probabilities)


def made(labels: tuple[str, ...] = BINARY, *, rows: int = 1200, entities: int = 120, seed: int = 0) -> Examples:
    """Return examples of all splits: the array `x` (n, K) holds the true class plus noise; amount says nothing."""
    rng = np.random.default_rng(seed)
    entity = rng.integers(entities, size=rows)
    true = rng.integers(len(labels), size=rows) * (rng.random(rows) < 0.6)
    table = pd.DataFrame(
        {
            "id": [f"t{i:05}" for i in rng.permutation(rows)],
            "split": np.array(["train", "train", "validation", "test", "test", "recent"])[entity % 6],
            "entity": [f"card{e:03}" for e in entity],
            "time": np.arange(rows),
            "label": np.array(labels)[true],
            "fingerprint": [f"f{i}" for i in range(rows)],
            "group.region": np.where(entity % 2, "north", "south"),
            "descriptor.amount": np.exp(rng.normal(size=rows)),
        }
    )
    x = np.eye(len(labels))[true] + rng.normal(size=(rows, len(labels)))
    return Examples(table, {"x": x.astype(np.float32)}, labels, Source(title="made", entity="card"))


def seeing(share: float) -> Predict:
    """Return a scorer that sees the signal through more or less noise: 1 is all there is, 0 nothing."""

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        noise = np.random.default_rng(7).normal(size=examples.arrays["x"].shape)
        return {"logits": (share * examples.arrays["x"] + (1 - share) * noise).astype(np.float32)}

    return predict


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    """The part `baselines` of a system."""
    assert set(train.table["split"]) == {"train"}
    return {"rule": seeing(0.0), "half blind": seeing(0.5)}


def fitted(examples: Examples, predict: Predict, decision: Decision = DECISION) -> dict[str, Any]:
    """Return a scorer's post-processing, fitted on validation."""
    validation = examples.split("validation")
    return classification.fit_postprocess(predict(validation), validation, decision=decision)


def scored(examples: Examples, scorers: dict[str, Predict], decision: Decision = DECISION) -> ScoredPredictions:
    """Return the predictions of scorers, of which the first must be the model."""
    post = fitted(examples, scorers["model"], decision)
    split = split_examples(examples, max_train_rows=200, seed=1)
    return score_splits(split, scorers, Scoring, progress=QUIET, model_postprocess=post, decision=decision)
