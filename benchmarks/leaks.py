"""How often the checks for leaks and shortcuts ask for review of honest data, and how often they see what is planted.

Prints tables and writes benchmarks/leaks.json. Part of `make benchmark`; takes about five minutes on two cores.
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
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples, Source
from hallmark.contracts.findings import Finding
from hallmark.evaluate import group_association, label_recall, patches, single_inputs
from hallmark.evaluate.partial_inputs import Benchmark
from hallmark.evaluate.scored_predictions import score_splits, split_examples
from hallmark.evaluate.scorer_table import compare_scorers, rows_by_scorer
from hallmark.gate.judgements import decide
from hallmark.gate.selection import Requirement

QUIET = Progress(disable=True)
REQUIREMENTS = {  # as in conf/gate/default.yaml
    "single_input": Requirement(check="evaluate.single_input", at_least=0.02, failed="review"),
    "patch": Requirement(check="evaluate.patch", at_least=0.02, failed="review"),
    "recall": Requirement(check="evaluate.recall", at_least=0.1),
}
DRAWS, PLANTED_DRAWS, PATCH_DRAWS = 100, 20, 3
TRAIN, VALIDATION = 2000, 500


@dataclass(frozen=True)
class Rate:
    """The share of `draws` data sets that ended in review (or were blocked) because of `check`."""

    check: str
    world: str
    test_rows: int
    draws: int
    reviewed: float


def main() -> None:
    """Measure everything, print it and write it."""
    jobs = [*_column_jobs(), *_patch_jobs()]
    with ProcessPoolExecutor(2, initializer=threadpool_limits, initargs=(1,)) as pool:
        done = track(pool.map(_measure, jobs, chunksize=1), total=len(jobs), console=Console(stderr=True))
        rates = [rate for some in done for rate in some]

    table = Table("check", "data", "test rows", "draws", "review")
    for rate in rates:
        table.add_row(rate.check, rate.world, f"{rate.test_rows:,}", str(rate.draws), f"{rate.reviewed:.0%}")
    Console(width=120).print(table)
    Path("benchmarks/leaks.json").write_text(json.dumps([asdict(rate) for rate in rates], indent=1) + "\n")


def _measure(job: tuple[str, dict[str, Any]]) -> list[Rate]:
    kind, keys = job
    return _measure_columns(**keys) if kind == "columns" else [_measure_patches(**keys)]


# Columns, labels and groups.

WORLDS = ("honest", "copy", "0.1 % typos", "1 % typos", "5 % typos", "odd ids, 1 % typos")
TYPOS = {"copy": 0.0, "0.1 % typos": 0.001, "1 % typos": 0.01, "5 % typos": 0.05, "odd ids, 1 % typos": 0.01}


def _column_jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for world, test_rows in product(WORLDS, (200, 2000)):
        yield "columns", {"world": world, "test_rows": test_rows}


def _measure_columns(world: str, test_rows: int) -> list[Rate]:
    reviewed: dict[str, int] = dict.fromkeys(("evaluate.single_input", "evaluate.recall", "evaluate.group_label"), 0)
    draws = DRAWS if world == "honest" else PLANTED_DRAWS
    for seed in range(draws):
        examples = _table(world, test_rows, seed)
        bench, rows = _bench(
            examples, lambda some: {"logits": some.arrays["logits"]}, primary_metric="roc_auc", positive="b"
        )
        found = {
            "evaluate.single_input": single_inputs.single_input_findings(
                examples.split("train"), _columns, bench, seed=seed
            ),
            "evaluate.recall": label_recall.recall_findings(rows, examples.labels, "row"),
            "evaluate.group_label": group_association.group_label_findings(examples),
        }
        for check, findings in found.items():
            shown = check == "evaluate.group_label" and bool(findings)
            reviewed[check] += shown or (check != "evaluate.group_label" and _needs_review(findings))
    checks = reviewed if world == "honest" else {"evaluate.single_input": reviewed["evaluate.single_input"]}
    return [Rate(check, world, test_rows, draws, reviewed[check] / draws) for check in checks]


def _table(world: str, test_rows: int, seed: int) -> Examples:
    """Return rows whose label (one in five is "b") hangs on three columns alike; the model knows the true chance.

    A leak is a fourth column, and the model then answers as the leak does, but for one row in two hundred.
    """
    rng = np.random.default_rng(seed)
    count = TRAIN + VALIDATION + test_rows
    columns = rng.normal(size=(count, 4)).astype(np.float32)
    risk = 2.2 * columns[:, :3].sum(axis=1) - 3.6
    true = (rng.random(count) < 1 / (1 + np.exp(-risk))).astype(int)
    logits = np.stack([np.zeros(count), risk], axis=1)
    if world != "honest":
        copied = true ^ (rng.random(count) < TYPOS[world])
        columns[:, 3] = copied if "odd" not in world else 2 * rng.permutation(count) + copied
        logits = np.stack([np.zeros(count), 12.0 * (copied - 0.5) + 0.5 * risk], axis=1)

    split = np.repeat(["train", "validation", "test"], [TRAIN, VALIDATION, test_rows])
    table = _rows(np.array(["a", "b"])[true], split).assign(**{"group.site": rng.choice(list("uvwxyz"), count)})
    arrays = {"columns": columns, "logits": logits.astype(np.float32)}
    return Examples(table, arrays, ("a", "b"), Source(title="made"))


def _columns(examples: Examples) -> dict[str, np.ndarray]:
    return {f"x{place}": examples.arrays["columns"][:, [place]] for place in range(4)}


# Pictures.

SHAPES = {"2 x 2": (2, 2), "4 x 4": (4, 4), "1 x 8": (1, 8)}
MARKS = ("white", "brighter by 60", "brighter by 30", "brighter by 15")
PLACES = ("fixed", "anywhere")
PICTURES = {"train": 600, "validation": 200, "test": 400}


def _patch_jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "patches", {"shape": "", "share": 0.0, "mark": "", "place": "", "draws": 10 * PATCH_DRAWS}
    for place, shape, mark, share in product(PLACES, SHAPES, MARKS, (1.0, 0.5, 0.2)):
        yield "patches", {"shape": shape, "share": share, "mark": mark, "place": place, "draws": PATCH_DRAWS}


def _measure_patches(shape: str, share: float, mark: str, place: str, draws: int) -> Rate:
    reviewed = 0
    for seed in range(draws):
        examples = _scans(shape, share, mark, place, seed)
        bench, _ = _bench(examples, _oracle, primary_metric="accuracy", positive=None)
        reviewed += _needs_review(patches.patch_findings(examples.split("train"), bench, seed=seed))
    world = f"{shape} {mark}, {place}, in {share:.0%} of one label" if shape else "honest pictures"
    return Rate("evaluate.patch", world, PICTURES["test"], draws, reviewed / draws)


def _scans(shape: str, share: float, mark: str, place: str, seed: int) -> Examples:
    """Return noisy slopes of 24 by 24 pixels, in which label "b" has a wide bright disc; some of "b" bear a mark."""
    rng = np.random.default_rng(seed)
    count = sum(PICTURES.values())
    true = rng.integers(2, size=count)
    grid = np.indices((24, 24))
    slope = grid.sum(axis=0) * 2.0 + rng.normal(80, 10, (count, 1, 1))
    centers = rng.uniform(8, 16, (count, 2, 1, 1))
    disc = np.exp(-((grid - centers) ** 2).sum(axis=1) / 60)
    images = slope + 20 * true[:, None, None] * disc + rng.normal(scale=12, size=(count, 24, 24))
    if shape:
        rows, columns = SHAPES[shape]
        for at in np.flatnonzero((true == 1) & (rng.random(count) < share)):
            row, column = rng.integers(25 - rows), rng.integers(25 - columns)
            row, column = (row, column) if place == "anywhere" else (1, 2)
            block = images[at, row : row + rows, column : column + columns]
            block[:] = 255 if mark == "white" else block + float(mark.split()[-1])

    table = _rows(np.array(["a", "b"])[true], np.repeat(list(PICTURES), list(PICTURES.values())))
    pixels = np.clip(np.rint(images), 0, 255).astype(np.uint8)[:, None]
    return Examples(table, {"image": pixels}, ("a", "b"), Source(title="made"))


def _oracle(examples: Examples) -> dict[str, np.ndarray]:
    """Answer as a model that is right in 97 of 100 pictures."""
    wrong = np.random.default_rng(len(examples)).random(len(examples)) < 0.03
    return {"logits": 6.0 * np.eye(2)[examples.targets() ^ wrong]}


# Both.


def _rows(labels: np.ndarray, split: np.ndarray) -> pd.DataFrame:
    ids = [f"r{row:05}" for row in range(len(labels))]
    return pd.DataFrame({"id": ids, "split": split, "entity": ids, "label": labels})


def _bench(
    examples: Examples, model: Any, *, primary_metric: str, positive: str | None
) -> tuple[Benchmark, pd.DataFrame]:
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
    rows = scored.of("model", "test")
    return Benchmark(
        examples=by_split,
        model_rows=rows,
        scorer_table=scorer_table,
        scoring=scoring,
        decision=decision,
        primary_metric=primary_metric,
        seed=1,
    ), rows


def _needs_review(found: list[Finding]) -> bool:
    checks = {finding.check for finding in found}
    asked = {name: one for name, one in REQUIREMENTS.items() if one.check in checks}
    return decide(found, asked, {}).status != "eligible"


if __name__ == "__main__":
    main()
