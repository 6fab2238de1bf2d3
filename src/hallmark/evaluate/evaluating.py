"""The evaluation of one model: every scorer on every split, what that proves, and what it looks like."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import Progress

from hallmark import spreadsheets
from hallmark.answers.answer import Scoring
from hallmark.answers.classes.scoring import log_probabilities
from hallmark.contracts import episodes as episodes_table
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL
from hallmark.contracts.scorers import Columns, Predict
from hallmark.errors import InputError
from hallmark.evaluate import group_association, label_recall, ledger, patches, selective_prediction, single_inputs
from hallmark.evaluate.comparisons import Comparisons
from hallmark.evaluate.partial_inputs import Bench
from hallmark.evaluate.plots import curves, errors, leaderboard, operating_points
from hallmark.evaluate.scorer_table import compare_scorers, model_estimates, rows_by_scorer
from hallmark.evaluate.scoring import Scored, gather, parts, score_all
from hallmark.figures import ReportFigure
from hallmark.layout import Layout
from hallmark.metrics import METRICS
from hallmark.systems.system import Diagnosis, DiagnosticData


@dataclass(frozen=True)
class Evaluation:
    """All that `evaluate` hands back: `compared` is the table of scorers, `metrics` are the model's estimates."""

    predictions: pd.DataFrame
    episodes: pd.DataFrame
    compared: pd.DataFrame
    metrics: dict[str, dict[str, float | None]]
    findings: list[Finding]
    figures: list[ReportFigure]
    milliseconds: dict[str, float]  # to score 1,000 test examples, by scorer, on this machine in this run

    def write_numbers(self, layout: Layout) -> None:
        """Write scorers.csv (`compared`), metrics.json, and cost.json, the only file that differs from run to run."""
        spreadsheets.write(self.compared, layout.scorers)
        cost = {"milliseconds_per_1000": self.milliseconds}
        for path, content in ((layout.metrics, self.metrics), (layout.cost("evaluate"), cost)):
            path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def evaluate(
    examples: Examples,
    model: Predict,
    *,
    postprocess: Mapping[str, Any],
    scoring: Scoring,
    fit_baselines: Callable[..., dict[str, Predict]],
    draw: errors.Draw,
    decision: Decision,
    primary_metric: str,
    metrics: Sequence[str],
    max_train_rows: int,
    target_selective_risk: float,
    test_use: int,
    seed: int,
    columns: Columns | None = None,
    diagnose: Callable[..., Diagnosis] | None = None,
    diagnostics: Any = None,
) -> Evaluation:
    """Score the model, what is simpler and the descriptors alone; measure, compare and draw.

    `postprocess` is the model's own; `scoring`, `fit_baselines`, `draw`, `columns` (of its part `inputs`) and, with the
    section `diagnostics`, `diagnose` are the system's; `test_use`: how many distinct models have been evaluated on this
    test split, this one included (see `ledger`). Raises `InputError` on an unknown metric and on an empty validation or
    test split.
    """
    wanted = _known(primary_metric, metrics)
    with Progress(console=Console(stderr=True)) as progress:
        scorers = gather(examples, model, fit_baselines, columns=columns, seed=seed, progress=progress)
        by_split = parts(examples, max_train_rows=max_train_rows, seed=seed)
        scored = score_all(by_split, scorers, scoring, postprocess=postprocess, decision=decision, progress=progress)
        bar = progress.add_task("diagnostics", total=None, visible=diagnose is not None)
        shown = DiagnosticData(
            examples=by_split,
            scorers=scorers,
            outputs=scored.outputs,
            postprocess=scored.postprocess,
            predictions=scored.predictions,
            seed=seed,
        )
        diagnosis = diagnose(shown, diagnostics) if diagnose else Diagnosis()
        episodes = episodes_table.none() if diagnosis.episodes is None else diagnosis.episodes
        progress.update(bar, total=1, completed=1)
        rows = rows_by_scorer(episodes_table.with_episodes(scored.predictions, episodes))
        compared = compare_scorers(rows, wanted, positive=decision.positive, seed=seed, progress=progress)
        bar = progress.add_task("asking parts of the input alone", total=None)
        model_rows = scored.of(MODEL, "test")
        bench = Bench(by_split, model_rows, compared, scoring, decision, primary_metric, seed)
        train = examples.split("train")
        alone = [*single_inputs.findings(train, columns, bench, seed=seed), *patches.findings(train, bench, seed=seed)]
        labels = label_recall.findings(model_rows, examples.labels, examples.source.entity)
        groups = group_association.findings(examples)
        progress.update(bar, total=1, completed=1)
        bar = progress.add_task("comparing and drawing", total=None)
        evidence = Comparisons(rows, compared, primary_metric, decision.positive, examples.source.entity, seed)
        sides = [selective_prediction.answered(rows[MODEL, split]) for split in ("validation", "test")]
        held = selective_prediction.review(*sides, limit=target_selective_risk) if all(map(len, sides)) else None
        use = ledger.finding(test_use, by_split["test"].table["entity"].nunique())
        told = (scored.of(MODEL, "test"), by_split["test"], draw, model)
        forest = leaderboard.forest(compared, evidence.gains, primary_metric)
        typical = errors.typical(*told, positive=decision.positive)
        worst = errors.worst(*told, positive=decision.positive, primary_metric=primary_metric)
        figures = [
            ReportFigure(name="standing", question=9, title="standing", drawing=forest),
            ReportFigure(name="examples", question=3, title="examples", drawing=typical, shows_examples=True),
            ReportFigure(name="worst", question=5, title="worst", drawing=worst, shows_examples=True),
            *(_certainty_figures(sides, held, decision) if held else []),
            *(_label_figures(scored, by_split, decision) if examples.labels else []),
            *diagnosis.figures,
        ]
        found = [
            *evidence.findings(wanted),
            *alone,
            *groups,
            *labels,
            *selective_prediction.findings(held),
            *diagnosis.findings,
            use,
        ]
        progress.update(bar, total=1, completed=1)
    return Evaluation(
        predictions=scored.predictions,
        episodes=episodes,
        compared=compared,
        metrics=model_estimates(compared),
        findings=found,
        figures=figures,
        milliseconds=scored.milliseconds,
    )


def _certainty_figures(
    sides: Sequence[pd.DataFrame], held: selective_prediction.Review, decision: Decision
) -> list[ReportFigure]:
    calibration = curves.calibration(sides[1], positive=decision.positive)
    risk_coverage = operating_points.risk_coverage(sides[0], sides[1], held)
    return [
        ReportFigure(name="calibration", question=5, title="calibration", drawing=calibration),
        ReportFigure(name="risk_coverage", question=10, title="risk coverage", drawing=risk_coverage),
    ]


def _known(primary_metric: str, metrics: Sequence[str]) -> list[str]:
    """Return the primary metric and the others, each once."""
    for key, name in [("primary_metric", primary_metric), *(("metrics", name) for name in metrics)]:
        if name not in METRICS:
            raise InputError(f"evaluate.{key} names {name!r}, which is none of the metrics {list(METRICS)}")
    return list(dict.fromkeys([primary_metric, *metrics]))


def _label_figures(scored: Scored, examples: Mapping[str, Examples], decision: Decision) -> list[ReportFigure]:
    """Draw what needs a known label set, and the probabilities of all labels, which the predictions do not hold."""
    labels, true = examples["test"].labels, examples["test"].targets()
    by_scorer = {
        name: _probabilities(outputs["logits"], scored.postprocess[name]) for name, outputs in scored.outputs.items()
    }
    told = (by_scorer, true, labels)
    confusion = errors.confusion(scored.of(MODEL, "test"), labels)
    roc = curves.roc(*told, positive=decision.positive)
    precision_recall = curves.precision_recall(*told, positive=decision.positive)
    figures = [
        ReportFigure(name="confusion", question=5, title="confusion", drawing=confusion),
        ReportFigure(name="roc", question=5, title="roc", drawing=roc),
        ReportFigure(name="precision_recall", question=5, title="precision recall", drawing=precision_recall),
    ]
    if decision.positive is not None:
        threshold_cost = _cost_figure(scored, examples, decision, decision.positive)
        figures.append(ReportFigure(name="threshold_cost", question=8, title="threshold cost", drawing=threshold_cost))
    return figures


def _cost_figure(scored: Scored, examples: Mapping[str, Examples], decision: Decision, positive: str) -> Figure:
    sides = {}
    for split in ("validation", "test"):
        part = examples[split]
        column = part.labels.index(positive)
        costs = decision.costs(part.labels, part.table, part.targets())[:, [1 - column, column]]
        sides[split] = scored.of(MODEL, split)["confidence"].to_numpy(float), costs
    others = {name: float(scored.of(name, "test")["score.cost"].mean()) for name in scored.outputs if name != MODEL}
    return operating_points.threshold_cost(
        sides, others, threshold=scored.postprocess[MODEL]["threshold"], unit=decision.unit
    )


def _probabilities(logits: np.ndarray, postprocess: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(np.exp(log_probabilities(logits, postprocess["temperature"])))
