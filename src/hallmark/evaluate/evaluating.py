"""The evaluation of one model: every scorer on every split, what that proves, and what it looks like."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import Progress

from hallmark import spreadsheets
from hallmark.classification import log_probabilities
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL
from hallmark.errors import InputError
from hallmark.evaluate import ledger, patches, recall, review, single_inputs, telling_groups
from hallmark.evaluate.alone import Bench
from hallmark.evaluate.evidence import Evidence
from hallmark.evaluate.figures import choices, curves, outcomes, standing
from hallmark.evaluate.measuring import comparison, slices, summary
from hallmark.evaluate.scoring import Scored, gather, parts, score_all, with_rows
from hallmark.metrics import METRICS
from hallmark.systems.contract import Columns, Predict, Probe, Probed, Scoring


@dataclass(frozen=True)
class Evaluation:
    """All that `evaluate` hands back. `compared` is tidy (see `measuring.COLUMNS`), `metrics` the model's estimates."""

    predictions: pd.DataFrame
    compared: pd.DataFrame
    metrics: dict[str, dict[str, float | None]]
    findings: list[Finding]
    figures: dict[str, Figure]
    milliseconds: dict[str, float]  # to score 1,000 test examples, by scorer, on this machine in this run

    def write_numbers(self, folder: Path) -> None:
        """Write scorers.csv (`compared`), metrics.json, and cost.json, the only file that differs from run to run."""
        spreadsheets.write(self.compared, folder / "scorers.csv")
        cost = {"milliseconds_per_1000": self.milliseconds}
        for name, content in {"metrics.json": self.metrics, "cost.json": cost}.items():
            (folder / name).write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def evaluate(
    examples: Examples,
    model: Predict,
    *,
    postprocess: Mapping[str, Any],
    scoring: Scoring,
    fit_baselines: Callable[..., dict[str, Predict]],
    draw: outcomes.Draw,
    decision: Decision,
    headline: str,
    metrics: Sequence[str],
    train_sample: int,
    review_error: float,
    test_use: int,
    seed: int,
    columns: Columns | None = None,
    probing: Callable[..., Probed] | None = None,
    probe: Any = None,
) -> Evaluation:
    """Score the model, what is simpler and the descriptors alone; measure, compare and draw.

    `postprocess` is the model's own; `scoring`, `fit_baselines`, `draw`, `columns` (of its part `inputs`) and, with the
    section `probe`, `probing` are the system's; `test_use`: how many distinct models have been evaluated on this test
    split, this one included (see `ledger`). Raises `InputError` on an unknown metric and on an empty validation or test
    split.
    """
    wanted = _known(headline, metrics)
    with Progress(console=Console(stderr=True)) as progress:
        scorers = gather(examples, model, fit_baselines, columns=columns, seed=seed, progress=progress)
        by_split = parts(examples, train_sample=train_sample, seed=seed)
        scored = score_all(by_split, scorers, scoring, postprocess=postprocess, decision=decision, progress=progress)
        bar = progress.add_task("probing", total=None, visible=probing is not None)
        shown = Probe(by_split, scorers, scored.postprocess, scored.predictions, seed)
        probed = probing(shown, probe) if probing else Probed()
        predictions = with_rows(scored.predictions, probed.rows)
        progress.update(bar, total=1, completed=1)
        rows = slices(predictions)
        compared = comparison(rows, wanted, positive=decision.positive, seed=seed, progress=progress)
        bar = progress.add_task("asking parts of the input alone", total=None)
        model_rows = scored.of(MODEL, "test")
        bench = Bench(by_split, model_rows, compared, scoring, decision, headline, seed)
        train = examples.split("train")
        alone = [*single_inputs.findings(train, columns, bench, seed=seed), *patches.findings(train, bench, seed=seed)]
        labels = recall.findings(model_rows, examples.labels, examples.source.entity)
        groups = telling_groups.findings(examples)
        progress.update(bar, total=1, completed=1)
        bar = progress.add_task("comparing and drawing", total=None)
        evidence = Evidence(rows, compared, headline, decision.positive, examples.source.entity, seed)
        sides = [review.answered(rows[MODEL, split]) for split in ("validation", "test")]
        held = review.review(*sides, limit=review_error) if all(map(len, sides)) else None
        use = ledger.finding(test_use, by_split["test"].table["entity"].nunique())
        told = (scored.of(MODEL, "test"), by_split["test"], draw, model)
        figures = {
            "standing": standing.forest(compared, evidence.gains, headline),
            "examples": outcomes.typical(*told, positive=decision.positive),
            "worst": outcomes.worst(*told, positive=decision.positive, headline=headline),
            **(_certainty_figures(sides, held, decision) if held else {}),
            **(_label_figures(scored, by_split, decision) if examples.labels else {}),
            **probed.figures,
        }
        found = [*evidence.findings(wanted), *alone, *groups, *labels, *review.findings(held), *probed.findings, use]
        progress.update(bar, total=1, completed=1)
    return Evaluation(predictions, compared, summary(compared), found, figures, scored.milliseconds)


def _certainty_figures(sides: Sequence[pd.DataFrame], held: review.Review, decision: Decision) -> dict[str, Figure]:
    return {
        "calibration": curves.calibration(sides[1], positive=decision.positive),
        "risk_coverage": choices.risk_coverage(sides[0], sides[1], held),
    }


def _known(headline: str, metrics: Sequence[str]) -> list[str]:
    """Return the headline metric and the others, each once."""
    for key, name in [("headline", headline), *(("metrics", name) for name in metrics)]:
        if name not in METRICS:
            raise InputError(f"evaluate.{key} names {name!r}, which is none of the metrics {list(METRICS)}")
    return list(dict.fromkeys([headline, *metrics]))


def _label_figures(scored: Scored, examples: Mapping[str, Examples], decision: Decision) -> dict[str, Figure]:
    """Draw what needs a known label set, and the probabilities of all labels, which the predictions do not hold."""
    labels, true = examples["test"].labels, examples["test"].targets()
    by_scorer = {
        name: _probabilities(outputs["logits"], scored.postprocess[name]) for name, outputs in scored.outputs.items()
    }
    told = (by_scorer, true, labels)
    figures = {
        "confusion": outcomes.confusion(scored.of(MODEL, "test"), labels),
        "roc": curves.roc(*told, positive=decision.positive),
        "precision_recall": curves.precision_recall(*told, positive=decision.positive),
    }
    if decision.positive is not None:
        figures["threshold_cost"] = _cost_figure(scored, examples, decision, decision.positive)
    return figures


def _cost_figure(scored: Scored, examples: Mapping[str, Examples], decision: Decision, positive: str) -> Figure:
    sides = {}
    for split in ("validation", "test"):
        part = examples[split]
        column = part.labels.index(positive)
        costs = decision.costs(part.labels, part.table, part.targets())[:, [1 - column, column]]
        sides[split] = scored.of(MODEL, split)["confidence"].to_numpy(float), costs
    others = {name: float(scored.of(name, "test")["score.cost"].mean()) for name in scored.outputs if name != MODEL}
    return choices.threshold_cost(sides, others, threshold=scored.postprocess[MODEL]["threshold"], unit=decision.unit)


def _probabilities(logits: np.ndarray, postprocess: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(np.exp(log_probabilities(logits, postprocess["temperature"])))
