"""Leaks and shortcuts: how often the checks for them ask for review of data without one, and of
data with one.

By simulation, as part of `make benchmark`. Prints a table and writes benchmarks/leaks.json, in
about five minutes on two cores.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table
from threadpoolctl import threadpool_limits

from hallmark.answers.classes import scoring
from hallmark.config.stages import Requirement
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples, Source
from hallmark.contracts.findings import Finding
from hallmark.contracts.scorers import Predict
from hallmark.evaluate import group_association, label_recall, patches, single_inputs
from hallmark.evaluate.partial_inputs import Benchmark
from hallmark.evaluate.scored_predictions import score_splits, split_examples
from hallmark.evaluate.scorer_table import compare_scorers, rows_by_scorer
from hallmark.gate.judgements import decide

QUIET = Progress(disable=True)
REQUIREMENTS = {  # as in conf/gate/default.yaml
    "single_input": Requirement(check="evaluate.single_input", at_least=0.02, failed="review"),
    "patch": Requirement(check="evaluate.patch", at_least=0.02, failed="review"),
    "recall": Requirement(check="evaluate.recall", at_least=0.1),
}

# How many data sets are drawn: tables without a leak, tables with one, pictures with a mark.
HONEST_DRAWS = 100
LEAK_DRAWS = 20
PATCH_DRAWS = 3

TRAIN_ROWS = 2000  # of a table
VALIDATION_ROWS = 500


@dataclass(frozen=True)
class Rate:
    """How often a check asks for review.

    world: The data, in words.
    draws: How many data sets were drawn.
    reviewed: The share of them whose findings of this check lead to review, or block.
    """

    check: str
    world: str
    test_rows: int
    draws: int
    reviewed: float


def main() -> None:
    """Measure every kind of data, print the rates, and write them."""
    jobs = [*_column_jobs(), *_patch_jobs()]
    with ProcessPoolExecutor(2, initializer=threadpool_limits, initargs=(1,)) as pool:
        results = track(pool.map(_measure, jobs, chunksize=1), total=len(jobs), console=Console(stderr=True))
        rates = [rate for job_rates in results for rate in job_rates]

    table = Table("check", "data", "test rows", "draws", "review")
    for rate in rates:
        table.add_row(rate.check, rate.world, f"{rate.test_rows:,}", str(rate.draws), f"{rate.reviewed:.0%}")
    Console(width=120).print(table)
    Path("benchmarks/leaks.json").write_text(json.dumps([asdict(rate) for rate in rates], indent=1) + "\n")


Job = tuple[str, dict[str, Any]]  # "columns" or "patches", and the arguments of the function that measures them


def _measure(job: Job) -> list[Rate]:
    kind, arguments = job
    return _measure_columns(**arguments) if kind == "columns" else [_measure_patches(**arguments)]


# Tables: columns, labels and groups.

HONEST = "honest"
TYPO_RATES = {
    "copy": 0.0,
    "0.1 % typos": 0.001,
    "1 % typos": 0.01,
    "5 % typos": 0.05,
    "odd ids, 1 % typos": 0.01,
}  # by world: in how many rows the leaking column differs from the label
WORLDS = (HONEST, *TYPO_RATES)
COLUMN_CHECKS = ("evaluate.single_input", "evaluate.recall", "evaluate.group_label")


def _column_jobs() -> Iterator[Job]:
    for world, test_rows in product(WORLDS, (200, 2000)):
        yield "columns", {"world": world, "test_rows": test_rows}


def _measure_columns(world: str, test_rows: int) -> list[Rate]:
    """Return the rates of three checks on honest tables, or of evaluate.single_input on tables with
    a leak.
    """
    review_counts = dict.fromkeys(COLUMN_CHECKS, 0)
    draws = HONEST_DRAWS if world == HONEST else LEAK_DRAWS
    for seed in range(draws):
        examples = _draw_table(world, test_rows, seed)
        bench, rows = _bench(examples, _logits, primary_metric="roc_auc", positive="b")

        train = examples.split("train")
        single_input_findings = single_inputs.single_input_findings(train, _columns, bench, seed=seed)
        recall_findings = label_recall.recall_findings(rows, examples.labels, "row")
        group_findings = group_association.group_label_findings(examples)

        review_counts["evaluate.single_input"] += _needs_review(single_input_findings)
        review_counts["evaluate.recall"] += _needs_review(recall_findings)
        review_counts["evaluate.group_label"] += bool(
            group_findings
        )  # there is one only where a group gives labels away

    checks = COLUMN_CHECKS if world == HONEST else ("evaluate.single_input",)
    return [Rate(check, world, test_rows, draws, review_counts[check] / draws) for check in checks]


def _draw_table(world: str, test_rows: int, seed: int) -> Examples:
    """Draw rows of four columns whose label, "b" in one of five rows, depends on the first three
    alike.

    The array "logits" is the model's raw output: the true log-odds. In a world with a leak the
    fourth column is the label, but for its typos (in "odd ids", whether an id is odd), and the
    model mostly follows that column.
    """
    rng = np.random.default_rng(seed)
    row_count = TRAIN_ROWS + VALIDATION_ROWS + test_rows
    columns = rng.normal(size=(row_count, 4)).astype(np.float32)
    log_odds = 2.2 * columns[:, :3].sum(axis=1) - 3.6
    true = (rng.random(row_count) < 1 / (1 + np.exp(-log_odds))).astype(int)
    model_log_odds = log_odds

    if world != HONEST:
        is_typo = rng.random(row_count) < TYPO_RATES[world]
        leak = true ^ is_typo
        columns[:, 3] = 2 * rng.permutation(row_count) + leak if "odd" in world else leak
        model_log_odds = 12.0 * (leak - 0.5) + 0.5 * log_odds

    split = np.repeat(["train", "validation", "test"], [TRAIN_ROWS, VALIDATION_ROWS, test_rows])
    table = _rows(np.array(["a", "b"])[true], split)
    table["group.site"] = rng.choice(list("uvwxyz"), row_count)
    logits = np.stack([np.zeros(row_count), model_log_odds], axis=1)
    arrays = {"columns": columns, "logits": logits.astype(np.float32)}
    return Examples(table, arrays, ("a", "b"), Source(title="made"))


def _logits(examples: Examples) -> dict[str, np.ndarray]:
    return {"logits": examples.arrays["logits"]}


def _columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return each column of the table as an input (n, 1)."""
    return {f"x{place}": examples.arrays["columns"][:, [place]] for place in range(4)}


# Pictures.

MARK_SHAPES = {"2 x 2": (2, 2), "4 x 4": (4, 4), "1 x 8": (1, 8)}  # rows, columns of pixels
MARKS = {"white": None, "brighter by 60": 60.0, "brighter by 30": 30.0, "brighter by 15": 15.0}  # grey levels of 255
PLACES = ("fixed", "anywhere")
PICTURES = {"train": 600, "validation": 200, "test": 400}
SIDE = 24  # pixels


def _patch_jobs() -> Iterator[Job]:
    yield "patches", {"shape": "", "share": 0.0, "mark": "", "place": "", "draws": 10 * PATCH_DRAWS}
    for place, shape, mark, share in product(PLACES, MARK_SHAPES, MARKS, (1.0, 0.5, 0.2)):
        yield "patches", {"shape": shape, "share": share, "mark": mark, "place": place, "draws": PATCH_DRAWS}


def _measure_patches(shape: str, share: float, mark: str, place: str, draws: int) -> Rate:
    """Return the rate of evaluate.patch on pictures as `_draw_pictures` draws them."""
    review_count = 0
    for seed in range(draws):
        examples = _draw_pictures(shape, share, mark, place, seed)
        bench, _ = _bench(examples, _nearly_perfect_logits, primary_metric="accuracy", positive=None)
        review_count += _needs_review(patches.patch_findings(examples.split("train"), bench, seed=seed))

    world = f"{shape} {mark}, {place}, in {share:.0%} of one label" if shape else "honest pictures"
    return Rate("evaluate.patch", world, PICTURES["test"], draws, review_count / draws)


def _draw_pictures(shape: str, share: float, mark: str, place: str, seed: int) -> Examples:
    """Draw pictures (n, 1, 24, 24) of noisy slopes.

    Those of label "b" have a wide bright disc somewhere.

    A `share` of the pictures of "b" has a mark of this shape and brightness, at a fixed place or
    anywhere; "" as the shape: none has.
    """
    rng = np.random.default_rng(seed)
    count = sum(PICTURES.values())
    true = rng.integers(2, size=count)

    grid = np.indices((SIDE, SIDE))  # (row or column, 24, 24)
    slopes = grid.sum(axis=0) * 2.0 + rng.normal(80, 10, (count, 1, 1))
    centers = rng.uniform(8, 16, (count, 2, 1, 1))
    discs = np.exp(-((grid - centers) ** 2).sum(axis=1) / 60)
    noise = rng.normal(scale=12, size=(count, SIDE, SIDE))
    images = slopes + 20 * true[:, None, None] * discs + noise

    if shape:
        rows, columns = MARK_SHAPES[shape]
        brightening = MARKS[mark]
        is_marked = (true == 1) & (rng.random(count) < share)
        for picture in np.flatnonzero(is_marked):
            row = int(rng.integers(SIDE + 1 - rows))
            column = int(rng.integers(SIDE + 1 - columns))
            if place == "fixed":
                row = 1
                column = 2
            block = images[picture, row : row + rows, column : column + columns]
            block[:] = 255 if brightening is None else block + brightening

    split = np.repeat(list(PICTURES), list(PICTURES.values()))
    table = _rows(np.array(["a", "b"])[true], split)
    pixels = np.clip(np.rint(images), 0, 255).astype(np.uint8)[:, None]
    return Examples(table, {"image": pixels}, ("a", "b"), Source(title="made"))


def _nearly_perfect_logits(examples: Examples) -> dict[str, np.ndarray]:
    """Return the raw outputs of a model that is right in 97 of 100 pictures."""
    is_wrong = np.random.default_rng(len(examples)).random(len(examples)) < 0.03
    return {"logits": 6.0 * np.eye(2)[examples.targets() ^ is_wrong]}


# Both.


def _rows(labels: np.ndarray, split: np.ndarray) -> pd.DataFrame:
    """Return a table of examples with these labels and splits (n,), each an entity of its own."""
    ids = [f"r{row:05}" for row in range(len(labels))]
    return pd.DataFrame({"id": ids, "split": split, "entity": ids, "label": labels})


def _bench(
    examples: Examples, model: Predict, *, primary_metric: str, positive: str | None
) -> tuple[Benchmark, pd.DataFrame]:
    """Score a model as evaluation does.

    Return what the checks compare with, and the model's test rows.
    """
    decision = Decision(positive=positive)
    validation = examples.split("validation")
    postprocess = scoring.fit_postprocess(model(validation), validation, decision=decision)

    by_split = split_examples(examples, max_train_rows=100, seed=1)
    scored = score_splits(
        by_split, {"model": model}, scoring, model_postprocess=postprocess, decision=decision, progress=QUIET
    )
    scorer_table = compare_scorers(
        rows_by_scorer(scored.table), [primary_metric], positive=positive, seed=1, progress=QUIET
    )

    test_rows = scored.of("model", "test")
    benchmark = Benchmark(
        examples=by_split,
        model_rows=test_rows,
        scorer_table=scorer_table,
        scoring=scoring,
        decision=decision,
        primary_metric=primary_metric,
        seed=1,
    )
    return benchmark, test_rows


def _needs_review(findings: list[Finding]) -> bool:
    """Return whether the gate does not find these eligible, by the requirements of their checks."""
    checks = {finding.check for finding in findings}
    requirements = {name: each for name, each in REQUIREMENTS.items() if each.check in checks}
    return decide(findings, requirements, {}).status != "eligible"


if __name__ == "__main__":
    main()
