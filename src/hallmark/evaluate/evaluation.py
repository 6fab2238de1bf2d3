"""The evaluation of one model: predictions of all scorers on all splits, findings and figures.

A scorer is what gives predictions: the model, a simple method, the fixed rule, or the descriptors
alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, get_args

import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import Progress

from hallmark import spreadsheets
from hallmark.answers.answer import Answer, LabelProbabilities, Scoring
from hallmark.answers.answer import Plots as AnswerPlots
from hallmark.config.stages import Evaluate
from hallmark.contracts import episodes as episodes_table
from hallmark.contracts import split_metrics
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL
from hallmark.contracts.scorers import Columns, Predict
from hallmark.errors import InputError
from hallmark.evaluate import (
    group_association,
    label_recall,
    ledger,
    patches,
    plot_tables,
    selective_prediction,
    single_inputs,
)
from hallmark.evaluate.comparisons import Comparisons
from hallmark.evaluate.figures import curves, error_examples, leaderboard, operating_points
from hallmark.evaluate.figures.example_drawing import ExampleDrawing
from hallmark.evaluate.partial_inputs import Benchmark
from hallmark.evaluate.scored_predictions import ScoredPredictions, fit_scorers, score_splits, split_examples
from hallmark.evaluate.scorer_table import ScorerRows, compare_scorers, rows_by_scorer
from hallmark.evaluate.selective_prediction import SelectivePrediction
from hallmark.layout import Layout, MetricSplit
from hallmark.metrics import METRICS, available
from hallmark.report_figures import ReportFigure
from hallmark.systems.system import Diagnosis, DiagnosticData, System
from hallmark.systems.system import Plots as InputPlots


@dataclass(frozen=True, kw_only=True)
class EvaluatedModel:
    """The model that is evaluated.

    predict: Examples → raw outputs of the network, by name.
    postprocess: The parameters of its post-processing, from its package (a temperature, a
        threshold).
    test_use: How many distinct models have been evaluated on this test split, this one included
        (see `ledger`); 0 where it stays sealed.
    """

    predict: Predict
    postprocess: Mapping[str, Any]
    test_use: int


@dataclass(frozen=True, kw_only=True)
class TaskParts:
    """What the system and the answer of a task bring to an evaluation.

    scoring: The answer's post-processing and scores.
    fit_baselines: Training examples, `seed` → the baselines by name: the simple methods and the
        fixed rule.
    input_plots: Draw the input of one example.
    answer_plots: Draw the answer on or beside it; None: it has no drawing of its own.
    columns: Examples → the values (n, F) of each column that the network reads, by name; None: it
        reads no table.
    diagnose: The system's own diagnostics, configured by `evaluate.diagnostics`; None: it has none.
    """

    scoring: Scoring
    fit_baselines: Callable[..., dict[str, Predict]]
    input_plots: InputPlots
    answer_plots: AnswerPlots | None = None
    columns: Columns | None = None
    diagnose: Callable[[DiagnosticData, Any], Diagnosis] | None = None

    @classmethod
    def of(cls, system: System, answer: Answer) -> Self:
        """Return the parts of a system and an answer."""
        return cls(
            scoring=answer.scoring,
            fit_baselines=system.baseline_fitter(answer),
            input_plots=system.plots,
            answer_plots=answer.plots,
            columns=system.inputs.columns,
            diagnose=system.diagnostics.diagnose if system.diagnostics else None,
        )


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What the stage `evaluate` writes.

    predictions: A row for each example and scorer, on all splits (see `contracts.predictions`).
    episodes: A row for each episode and scorer; none where diagnostics measure no episodes (see
        `contracts.episodes`).
    scorer_table: The table of scorers.
    plots: The tables that `dvc plots` draws, by their path below the folder of plots, without
        ending (see `plot_tables`).
    milliseconds: Wall time to predict 1,000 test examples, by scorer, on this machine in this run.
    """

    predictions: pd.DataFrame
    episodes: pd.DataFrame
    scorer_table: pd.DataFrame
    findings: list[Finding]
    figures: list[ReportFigure]
    plots: dict[str, pd.DataFrame]
    milliseconds: dict[str, float]

    def write_numbers(self, layout: Layout) -> None:
        """Write scorers.csv, the metrics of validation and test, the tables of plots, and cost.json.

        Of these, only cost.json differs from run to run.
        """
        spreadsheets.write(self.scorer_table, layout.scorers)
        spreadsheets.write_folder(self.plots, layout.plots("evaluate"))
        for split in get_args(MetricSplit):
            estimates = split_metrics.of(self.scorer_table, split)
            split_metrics.write(estimates, layout.metrics(split), task=layout.task, split=split)

        cost = json.dumps({"milliseconds_per_1000": self.milliseconds}, indent=2, allow_nan=False)
        layout.cost("evaluate").write_text(cost + "\n", encoding="utf-8")


def evaluate(
    examples: Examples,
    model: EvaluatedModel,
    parts: TaskParts,
    settings: Evaluate,
    *,
    decision: Decision,
    seed: int,
) -> Evaluation:
    """Evaluate a model: score all splits by it and its baselines, measure, compare, and draw.

    examples: The prepared examples of all splits.
    decision: The costs of mistakes and the positive label, if any.
    seed: Fixes every random choice.

    Without `settings.test`, the test split stays sealed: neither read nor judged (see
    `_evaluate_sealed`).

    Raises `InputError` on an unknown metric and on an empty validation or test split.
    """
    metrics = _metric_names(settings)
    if not settings.test:
        return _evaluate_sealed(examples, model, parts, settings, metrics, decision=decision, seed=seed)
    primary_metric = settings.primary_metric
    entity_noun = examples.source.entity

    with Progress(console=Console(stderr=True)) as progress:
        scorers, by_split, scored = _fit_and_score(
            examples, model, parts, settings, decision=decision, seed=seed, progress=progress
        )

        with _step(progress, "diagnostics", is_visible=parts.diagnose is not None):
            diagnosis = _diagnose(parts, settings, by_split, scorers, scored, seed=seed)
        episodes = episodes_table.none() if diagnosis.episodes is None else diagnosis.episodes

        rows = rows_by_scorer(episodes_table.with_episodes(scored.table, episodes))
        scorer_table = compare_scorers(rows, metrics, positive=decision.positive, seed=seed, progress=progress)
        comparisons = Comparisons(
            rows=rows,
            scorer_table=scorer_table,
            primary_metric=primary_metric,
            positive=decision.positive,
            entity_noun=entity_noun,
            seed=seed,
        )

        with _step(progress, "partial inputs"):
            benchmark = Benchmark(
                examples=by_split,
                model_rows=scored.of(MODEL, "test"),
                scorer_table=scorer_table,
                scoring=parts.scoring,
                decision=decision,
                primary_metric=primary_metric,
                seed=seed,
            )
            train = examples.split("train")
            partial_input_findings = single_inputs.single_input_findings(train, parts.columns, benchmark, seed=seed)
            partial_input_findings += patches.patch_findings(train, benchmark, seed=seed)

        with _step(progress, "comparing and drawing"):
            selection = _select_predictions(rows, settings.target_selective_risk)
            findings = [
                *comparisons.findings(metrics),
                *partial_input_findings,
                *group_association.group_label_findings(examples),
                *label_recall.recall_findings(scored.of(MODEL, "test"), examples.labels, entity_noun),
                *selective_prediction.selective_prediction_findings(selection),
                *diagnosis.findings,
                ledger.use_finding(model.test_use, by_split["test"].table["entity"].nunique()),
            ]
            answered = error_examples.AnsweredExamples(
                rows=scored.of(MODEL, "test"),
                examples=by_split["test"],
                drawing=ExampleDrawing(
                    input_plots=parts.input_plots,
                    answer_plots=parts.answer_plots,
                    predict=model.predict,
                    postprocess=model.postprocess,
                ),
                positive=decision.positive,
            )
            label_probabilities = parts.scoring.label_probabilities
            figures = [
                *_overview_figures(comparisons, answered),
                *(_certainty_figures(rows, selection, decision) if selection else []),
                *(_label_figures(scored, by_split, decision, label_probabilities) if label_probabilities else []),
                *diagnosis.figures,
            ]
            plots = _plot_tables(scored, by_split, decision, label_probabilities)

    return Evaluation(
        predictions=scored.table,
        episodes=episodes,
        scorer_table=scorer_table,
        findings=findings,
        figures=figures,
        plots=plots,
        milliseconds=scored.milliseconds,
    )


def _evaluate_sealed(
    examples: Examples,
    model: EvaluatedModel,
    parts: TaskParts,
    settings: Evaluate,
    metrics: Sequence[str],
    *,
    decision: Decision,
    seed: int,
) -> Evaluation:
    """Evaluate a model without its test split: what one may choose by.

    All scorers are measured on validation, the model on the other splits, too. There are no
    findings, since nothing is judged, no figures and no episodes, and so no metric of episodes.
    """
    with Progress(console=Console(stderr=True)) as progress:
        _, by_split, scored = _fit_and_score(
            examples, model, parts, settings, decision=decision, seed=seed, progress=progress
        )
        rows = rows_by_scorer(scored.table)
        given = [metric for metric in metrics if metric in available(scored.table, positive=decision.positive)]
        scorer_table = compare_scorers(rows, given, positive=decision.positive, seed=seed, progress=progress)

    return Evaluation(
        predictions=scored.table,
        episodes=episodes_table.none(),
        scorer_table=scorer_table,
        findings=[],
        figures=[],
        plots=_plot_tables(scored, by_split, decision, parts.scoring.label_probabilities),
        milliseconds=scored.milliseconds,
    )


def _fit_and_score(
    examples: Examples,
    model: EvaluatedModel,
    parts: TaskParts,
    settings: Evaluate,
    *,
    decision: Decision,
    seed: int,
    progress: Progress,
) -> tuple[dict[str, Predict], dict[str, Examples], ScoredPredictions]:
    """Fit the baselines and score the splits, all but a sealed one.

    Returns the scorers by name, the examples by split, and the predictions of each scorer.
    """
    scorers = fit_scorers(
        examples, model.predict, parts.fit_baselines, columns=parts.columns, seed=seed, progress=progress
    )
    sealed = set() if settings.test else {"test"}
    by_split = split_examples(examples, max_train_rows=settings.max_train_rows, seed=seed, without=sealed)
    scored = score_splits(
        by_split,
        scorers,
        parts.scoring,
        model_postprocess=model.postprocess,
        decision=decision,
        progress=progress,
    )
    return scorers, by_split, scored


def _metric_names(settings: Evaluate) -> list[str]:
    """Return the names of all metrics to measure, the primary one first, each once."""
    keys = {"primary_metric": [settings.primary_metric], "metrics": settings.metrics}
    for key, names in keys.items():
        for name in names:
            if name not in METRICS:
                raise InputError(f"evaluate.{key} names {name!r}, which is none of the metrics {list(METRICS)}")
    return list(dict.fromkeys([settings.primary_metric, *settings.metrics, *settings.functions]))


@contextmanager
def _step(progress: Progress, description: str, *, is_visible: bool = True) -> Iterator[None]:
    """Show a progress bar of unknown length for as long as the block runs."""
    bar = progress.add_task(description, total=None, visible=is_visible)
    yield
    progress.update(bar, total=1, completed=1)


def _diagnose(
    parts: TaskParts,
    settings: Evaluate,
    by_split: Mapping[str, Examples],
    scorers: Mapping[str, Predict],
    scored: ScoredPredictions,
    *,
    seed: int,
) -> Diagnosis:
    """Run the system's diagnostics; without any, return an empty diagnosis."""
    if parts.diagnose is None:
        return Diagnosis()
    data = DiagnosticData(
        examples=by_split,
        scorers=scorers,
        outputs=scored.outputs,
        postprocess=scored.postprocess,
        predictions=scored.table,
        seed=seed,
    )
    return parts.diagnose(data, settings.diagnostics)


def _select_predictions(rows: ScorerRows, target_risk: float) -> SelectivePrediction | None:
    """Return the model's selective prediction; None where no single answer is right or wrong, as of a number."""
    validation = selective_prediction.rows_with_mistakes(rows[MODEL, "validation"])
    test = selective_prediction.rows_with_mistakes(rows[MODEL, "test"])
    if validation.empty or test.empty:
        return None
    return selective_prediction.select_predictions(validation, test, target_risk=target_risk)


def _overview_figures(comparisons: Comparisons, answered: error_examples.AnsweredExamples) -> list[ReportFigure]:
    """Draw the figures that every task has."""
    primary_metric = comparisons.primary_metric
    drawing = leaderboard.plot_leaderboard(comparisons.scorer_table, comparisons.gains, primary_metric)
    typical = error_examples.plot_typical(answered)
    worst = error_examples.plot_worst(answered, primary_metric)
    return [
        ReportFigure(name="leaderboard", question=9, title="leaderboard", drawing=drawing),
        ReportFigure(name="examples", question=3, title="examples", drawing=typical, shows_examples=True),
        ReportFigure(name="worst", question=5, title="worst examples", drawing=worst, shows_examples=True),
    ]


def _certainty_figures(rows: ScorerRows, selection: SelectivePrediction, decision: Decision) -> list[ReportFigure]:
    """Draw the figures of a task in which single answers are right or wrong."""
    validation = selective_prediction.rows_with_mistakes(rows[MODEL, "validation"])
    test = selective_prediction.rows_with_mistakes(rows[MODEL, "test"])
    calibration = curves.plot_calibration(test, positive=decision.positive)
    risk_coverage = operating_points.plot_risk_coverage(validation, test, selection)
    return [
        ReportFigure(name="calibration", question=5, title="reliability diagram", drawing=calibration),
        ReportFigure(name="risk_coverage", question=10, title="selective risk", drawing=risk_coverage),
    ]


def _label_figures(
    scored: ScoredPredictions,
    by_split: Mapping[str, Examples],
    decision: Decision,
    label_probabilities: LabelProbabilities,
) -> list[ReportFigure]:
    """Draw the figures of an answer that is a label of a known set.

    They need the probabilities of all labels, which are made of the raw outputs: the predictions
    table has one a row.
    """
    test = by_split["test"]
    by_scorer = {
        name: label_probabilities(outputs, scored.postprocess[name]) for name, outputs in scored.outputs.items()
    }
    probabilities = curves.Probabilities(
        by_scorer=by_scorer, targets=test.targets(), labels=test.labels, positive=decision.positive
    )
    confusion = error_examples.plot_confusion(scored.of(MODEL, "test"), test.labels)
    roc = curves.plot_roc(probabilities)
    precision_recall = curves.plot_precision_recall(probabilities)
    figures = [
        ReportFigure(name="confusion", question=5, title="confusion matrix", drawing=confusion),
        ReportFigure(name="roc", question=5, title="ROC curves", drawing=roc),
        ReportFigure(name="precision_recall", question=5, title="precision-recall curves", drawing=precision_recall),
    ]
    if decision.positive is not None:
        threshold_cost = _threshold_cost_figure(scored, by_split, decision, decision.positive)
        figures.append(ReportFigure(name="threshold_cost", question=8, title="threshold cost", drawing=threshold_cost))
    return figures


def _plot_tables(
    scored: ScoredPredictions,
    by_split: Mapping[str, Examples],
    decision: Decision,
    label_probabilities: LabelProbabilities | None,
) -> dict[str, pd.DataFrame]:
    """Return the tables that `dvc plots` draws of the model, on validation and test, where that is not sealed."""
    tables = {}
    for split, outputs in scored.model_outputs.items():
        rows = scored.of(MODEL, split)
        judged_rows = selective_prediction.rows_with_mistakes(rows)
        if not judged_rows.empty:
            tables[f"{split}/calibration"] = plot_tables.calibration_table(judged_rows, positive=decision.positive)
        if label_probabilities is None:
            continue

        tables[f"{split}/confusion"] = plot_tables.confusion_table(rows)
        labels = by_split[split].labels
        targets = by_split[split].targets()
        positive = None if decision.positive is None else labels.index(decision.positive)
        columns = plot_tables.curve_columns(targets, len(labels), positive)
        if columns:
            probabilities = label_probabilities(outputs, scored.postprocess[MODEL])
            tables[f"{split}/roc"] = plot_tables.roc_table(probabilities, targets, columns)
            tables[f"{split}/precision_recall"] = plot_tables.precision_recall_table(probabilities, targets, columns)
    return tables


def _threshold_cost_figure(
    scored: ScoredPredictions, by_split: Mapping[str, Examples], decision: Decision, positive: str
) -> Figure:
    """Draw the expected cost of decisions by the threshold for `positive`, on validation and test."""
    probabilities_and_costs = {}
    for split in ("validation", "test"):
        examples = by_split[split]
        costs = decision.costs(examples.labels, examples.table, examples.targets())  # (n, K) of each answer
        column = examples.labels.index(positive)
        costs_without_and_with_alert = costs[:, [1 - column, column]]
        probabilities = scored.of(MODEL, split)["confidence"].to_numpy(float)
        probabilities_and_costs[split] = (probabilities, costs_without_and_with_alert)

    baseline_costs = {
        name: float(scored.of(name, "test")["score.cost"].mean()) for name in scored.outputs if name != MODEL
    }
    return operating_points.plot_threshold_cost(
        probabilities_and_costs,
        baseline_costs,
        threshold=scored.postprocess[MODEL]["threshold"],
        unit=decision.unit,
    )
