"""Coverage: how often 95 % intervals contain the true value, and how often a bias audit finds a gap
where none is.

By simulation. `python benchmarks/coverage.py` takes some minutes on two cores, prints tables and
writes coverage.json.
"""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy import optimize, stats

from hallmark.answers.next_item.scoring import gains_by_rank
from hallmark.bias.group_slices import make_slices
from hallmark.metrics import METRICS, Interval, Measurement
from hallmark.metrics.mean_metrics import MeanMetric, RowScores

NAMES = (
    "accuracy",
    "sensitivity",
    "log_loss",
    "cost",
    "roc_auc",
    "average_precision",
    "calibration_error",
)
SIZES = ((20, 1), (50, 1), (200, 1), (5, 40), (20, 10), (50, 10), (200, 10))  # entities, mean rows per entity
REPEATS = 800  # samples for each world and size
AUDITS = 400  # audits for each case
PARTS = 8  # into which the repeats of a case are divided, each a job of its own
MIN_SLICE_ROWS = 20
CATALOGUE_SIZE = 500  # items that a recommender ranks
ROW_SCORES: tuple[RowScores, ...] = ("binary", "graded", "skewed")  # what a metric can be declared as
GAIN_SIZES = ((13, 1), (60, 1), (400, 1), (13, 3), (60, 3), (400, 3))  # entities, rows of each


@dataclass(frozen=True)
class World:
    """The distribution of samples: two calibrated scorers, and entities whose rows are correlated.

    base: The share of positives.
    separation: Between the classes' mean scores, in standard deviations.
    correlation: Of labels, and of scores, between rows of one entity.
    """

    title: str
    base: float
    separation: float
    correlation: float = 0.2

    def sample(
        self, entity_count: int, mean_rows: int, generator: np.random.Generator
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Draw the predictions of a scorer and of a worse one on the same examples.

        Entities have a Poisson number of rows with this mean, at least one.
        """
        row_counts = np.ones(entity_count, int)
        if mean_rows > 1:
            row_counts = np.maximum(generator.poisson(mean_rows, entity_count), 1)
        codes = np.repeat(np.arange(entity_count), row_counts)  # (n,) each row's entity

        positive = self._draw_noise(codes, generator) > stats.norm.isf(self.base)
        noise = self._draw_noise(codes, generator)
        other_noise = self._draw_noise(codes, generator)
        amount = generator.lognormal(2, 1, len(codes))

        worse_noise = 0.8 * noise + 0.6 * other_noise
        worse_separation = 0.9 * self.separation
        return (
            self._predictions(codes, positive, amount, noise=noise, separation=self.separation),
            self._predictions(codes, positive, amount, noise=worse_noise, separation=worse_separation),
        )

    def _draw_noise(self, codes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Draw standard normal values (n,) that have the world's correlation within an entity."""
        of_entity = generator.standard_normal(codes[-1] + 1)[codes]
        of_row = generator.standard_normal(len(codes))
        return np.asarray(np.sqrt(self.correlation) * of_entity + np.sqrt(1 - self.correlation) * of_row)

    def _predictions(
        self,
        codes: np.ndarray,
        positive: np.ndarray,
        amount: np.ndarray,
        *,
        noise: np.ndarray,
        separation: float,
    ) -> pd.DataFrame:
        """Return the predictions of a calibrated scorer; all arrays are (n,).

        A missed positive costs its `amount`, a false alert 1.
        """
        score = noise + separation * (positive - 0.5)
        log_odds = np.log(self.base / (1 - self.base)) + separation * score
        probability = np.clip(1 / (1 + np.exp(-log_odds)), 1e-12, 1 - 1e-12)
        alert = probability > 0.5
        return pd.DataFrame(
            {
                "id": np.arange(len(codes)),
                "entity": codes,
                "confidence": probability,
                "label": np.where(positive, "yes", "no"),
                "prediction": np.where(alert, "yes", "no"),
                "score.accuracy": alert == positive,
                "weight.accuracy": 1.0,
                "score.sensitivity": alert,
                "weight.sensitivity": positive,
                "score.log_loss": -np.log(np.where(positive, probability, 1 - probability)),
                "weight.log_loss": 1.0,
                "score.cost": np.where(alert, ~positive, positive * amount),
                "weight.cost": 1.0,
            }
        )


WORLDS = (World("common positives", 0.3, 2.0), World("rare positives", 0.05, 3.0))


def true_values(world: World) -> dict[str, tuple[float, float]]:
    """Return each metric's true value for both scorers, from two million independent rows."""
    first, second = world.sample(2_000_000, 1, np.random.default_rng(0))
    return {name: (_true_value(first, name), _true_value(second, name)) for name in NAMES}


def _true_value(rows: pd.DataFrame, name: str) -> float:
    if name == "calibration_error":
        return 0.0  # by construction
    return float(Measurement(rows, [name], positive="yes", seed=0).overall[name].estimate or 0.0)


def simulate(world: World, size: tuple[int, int], truths: dict[str, tuple[float, float]], seed: int) -> dict[str, Any]:
    """Count, for each metric, how many intervals cover and how many are given at all.

    `size` is the number of entities and the mean rows per entity; `truths` come from `true_values`.

    Returns four counts by metric: of one scorer's intervals those that cover and those given, then
    the same two of the intervals of the paired difference of both scorers.
    """
    generator = np.random.default_rng([seed, *size])
    counts = {name: np.zeros(4) for name in NAMES}
    for _ in range(REPEATS // PARTS):
        first, second = world.sample(*size, generator)
        measurement = Measurement(first, NAMES, positive="yes", seed=0)
        gains = measurement.against(Measurement(second, NAMES, positive="yes", seed=0))

        for name in NAMES:
            sign = 1 if METRICS[name].higher_is_better else -1
            true_value, other_true_value = truths[name]
            true_gain = sign * (true_value - other_true_value)
            alone = _covers_and_given(measurement.overall[name], true_value)
            paired = _covers_and_given(gains[name], true_gain)
            counts[name] += [*alone, *paired]
    return {name: values.tolist() for name, values in counts.items()}


def _covers_and_given(interval: Interval, true_value: float) -> tuple[float, float]:
    """Return whether an interval covers the true value, and whether it has limits: 0 or 1 each."""
    if interval.low is None or interval.high is None:
        return 0.0, 0.0
    return float(interval.low <= true_value <= interval.high), 1.0


@dataclass(frozen=True)
class AuditCase:
    title: str
    entity_count: int
    mean_rows: int


AUDIT_CASES = (
    AuditCase("200 entities", 200, 5),
    AuditCase("2,000 entities", 2000, 1),
    AuditCase("30 entities", 30, 40),
)
AUDIT_GROUPS = {"group.a": 2, "group.b": 4, "group.c": 3}  # column → number of values


def audit(case: AuditCase, seed: int) -> dict[str, float]:
    """Count the audits that flag any gap, of all groups and their pairs, where none is.

    Groups are drawn at random, one value for each entity.
    """
    generator = np.random.default_rng([seed, case.entity_count, case.mean_rows])
    audit_count = AUDITS // PARTS
    flagged_count = 0
    for _ in range(audit_count):
        table, _ = WORLDS[0].sample(case.entity_count, case.mean_rows, generator)
        for column, value_count in AUDIT_GROUPS.items():
            values = generator.integers(value_count, size=case.entity_count)
            table[column] = values[table["entity"]].astype(str)

        slices = {each.name: each.mask for each in make_slices(table, ["a", "b", "c"]) if each.rows >= MIN_SLICE_ROWS}
        names = ["accuracy", "log_loss", "average_precision"]
        measurement = Measurement(table, names, slices=slices, positive="yes", seed=0)
        flagged_count += any(_excludes_zero(gap) for gap in measurement.difference().values())
    return {"flagged": float(flagged_count), "audits": audit_count}


def _excludes_zero(gap: Interval) -> bool:
    return gap.low is not None and gap.high is not None and (gap.low > 0 or gap.high < 0)


def compare_methods(case: tuple[str, int], seed: int) -> dict[str, int]:
    """Count how often three kinds of 95 % interval of a mean of independent values cover.

    `case` is the distribution of the values (see `_draw_values`) and their number.
    """
    distribution, size = case
    generator = np.random.default_rng([seed, size])
    name = "accuracy" if distribution == "share" else "log_loss"  # a metric with the limits for such values
    repeats = REPEATS // PARTS
    counts = {"percentile bootstrap": 0, "studentised bootstrap": 0, "ours": 0, "repeats": repeats}
    for _ in range(repeats):
        values, true_mean = _draw_values(distribution, size, generator)

        replicates = values[generator.integers(size, size=(1000, size))]
        means = replicates.mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        counts["percentile bootstrap"] += bool(low <= true_mean <= high)

        deviations = np.maximum(replicates.std(axis=1), 1e-300)  # never 0: the pivot is then 0, or huge
        low, high = np.quantile((means - values.mean()) / deviations, [0.025, 0.975])
        pivot = (values.mean() - true_mean) / max(values.std(), 1e-300)
        counts["studentised bootstrap"] += bool(low <= pivot <= high)

        table = pd.DataFrame({"entity": np.arange(size), f"score.{name}": values, f"weight.{name}": 1.0})
        interval = Measurement(table, [name], positive=None, seed=0).overall[name]
        covers, _ = _covers_and_given(interval, true_mean)
        counts["ours"] += int(covers)
    return counts


def _draw_values(distribution: str, size: int, generator: np.random.Generator) -> tuple[np.ndarray, float]:
    """Draw values (size,), and return them with the true mean."""
    if distribution == "share":
        return (generator.random(size) < 0.95).astype(float), 0.95
    if distribution == "exponential":
        return generator.exponential(size=size), 1.0
    return generator.lognormal(0, 1, size), float(np.exp(0.5))


METHOD_CASES = tuple(product(("share", "exponential", "lognormal"), (20, 50, 200)))


@dataclass(frozen=True)
class GainCase:
    """Gains of a recommender, from 0 to 1 by the rank of the next item.

    A rank is lognormal, with a correlation of 0.2 between rows of one entity, and cut at the size
    of the catalogue.
    """

    metric: str
    mean: float
    entity_count: int
    rows_each: int

    def draw(self, generator: np.random.Generator) -> pd.DataFrame:
        """Draw the predictions of a scorer whose true mean gain is `mean`."""
        codes = np.repeat(np.arange(self.entity_count), self.rows_each)
        of_entity = generator.standard_normal(self.entity_count)[codes]
        of_row = generator.standard_normal(len(codes))
        noise = np.sqrt(0.2) * of_entity + np.sqrt(0.8) * of_row
        scores = _gains(self.metric, noise, _location(self.metric, self.mean))
        return pd.DataFrame({"entity": codes, f"score.{self.metric}": scores, f"weight.{self.metric}": 1.0})


@cache
def _location(metric: str, mean: float) -> float:
    """Return the mean logarithm of ranks at which the mean gain is `mean`."""
    probabilities = (np.arange(100_000) + 0.5) / 100_000
    noise = stats.norm.ppf(probabilities)
    return float(optimize.brentq(lambda location: _gains(metric, noise, location).mean() - mean, -12, 14))


def _gains(metric: str, noise: np.ndarray, location: float) -> np.ndarray:
    """Return the gains (n,) of ranks with this mean logarithm, for standard normal noise (n,)."""
    gains = gains_by_rank(CATALOGUE_SIZE)[metric]
    ranks = np.clip(np.exp(location + 2 * noise).astype(int), 1, CATALOGUE_SIZE)
    return np.asarray(gains[ranks - 1])


GAIN_CASES = tuple(
    GainCase(metric, mean, *size)
    for metric, mean, size in product(("ndcg_at_10", "reciprocal_rank"), (0.02, 0.3, 0.9), GAIN_SIZES)
)


def compare_row_scores(case: GainCase, seed: int) -> dict[str, Any]:
    """Count how often the limits of each kind of row score (see `MeanMetric`) cover and are given,
    and sum up their widths.
    """
    metric = METRICS[case.metric]
    assert isinstance(metric, MeanMetric)
    generator = np.random.default_rng([seed, case.entity_count, case.rows_each, round(100 * case.mean)])
    sums = {kind: np.zeros(3) for kind in ROW_SCORES}
    for _ in range(REPEATS // PARTS):
        table = case.draw(generator)
        for kind in ROW_SCORES:
            declared = replace(metric, row_scores=kind)
            interval = Measurement(table, [declared], positive=None, seed=0).overall[case.metric]
            width = 0.0 if interval.low is None or interval.high is None else interval.high - interval.low
            sums[kind] += [*_covers_and_given(interval, case.mean), width]
    return {kind: values.tolist() for kind, values in sums.items()}


def run(
    function: Callable[..., dict[str, Any]], cases: list[tuple[Any, ...]], pool: ProcessPoolExecutor, title: str
) -> list[dict[str, Any]]:
    """Call `function(*case, seed)` for each case and each of PARTS seeds, and return the sums of
    its counts by case.

    `title` names the progress bar.
    """
    jobs = [pool.submit(function, *case, seed) for case in cases for seed in range(PARTS)]
    results = [job.result() for job in track(jobs, description=title, console=Console(stderr=True))]

    sums = []
    for start in range(0, len(results), PARTS):
        parts = results[start : start + PARTS]
        sums.append({key: np.sum([part[key] for part in parts], axis=0).tolist() for key in parts[0]})
    return sums


def intervals_table(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """Return the coverage of each metric and of its paired difference, by world and size."""
    truths = dict(zip(WORLDS, pool.map(true_values, WORLDS), strict=True))
    cases = [(world, size, truths[world]) for world, size in product(WORLDS, SIZES)]
    records = []
    for (world, size, _), counts_by_metric in zip(cases, run(simulate, cases, pool, "intervals"), strict=True):
        entity_count, mean_rows = size
        for name, (covering, given, paired_covering, paired_given) in counts_by_metric.items():
            records.append(
                {
                    "world": world.title,
                    "entities": entity_count,
                    "rows_each": mean_rows,
                    "metric": name,
                    "covers": _percent(covering, given),
                    "given": _percent(given, REPEATS),
                    "paired_covers": _percent(paired_covering, paired_given),
                    "paired_given": _percent(paired_given, REPEATS),
                }
            )
    return records


def methods_table(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """Return the coverage of three kinds of interval of a mean, by distribution and size."""
    sums = run(compare_methods, [(case,) for case in METHOD_CASES], pool, "methods")
    records = []
    for (distribution, size), counts in zip(METHOD_CASES, sums, strict=True):
        repeats = counts.pop("repeats")
        coverage = {method: _percent(covering, repeats) for method, covering in counts.items()}
        records.append({"values": distribution, "n": size, **coverage})
    return records


def gains_table(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """Return the coverage and the mean width of intervals of a mean gain, by how the metric is declared."""
    sums_by_case = run(compare_row_scores, [(case,) for case in GAIN_CASES], pool, "gains")
    records = []
    for case, sums in zip(GAIN_CASES, sums_by_case, strict=True):
        record: dict[str, Any] = {
            "metric": case.metric,
            "mean": case.mean,
            "entities": case.entity_count,
            "rows_each": case.rows_each,
        }
        for kind, (covering, given, width) in sums.items():
            record[kind] = _percent(covering, given)
            record[f"{kind}_given"] = _percent(given, REPEATS)
            record[f"{kind}_width"] = round(width / given, 4) if given else None
        records.append(record)
    return records


def audits_table(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """Return the share of audits that flag a gap where there is none."""
    sums = run(audit, [(case,) for case in AUDIT_CASES], pool, "audits")
    records = []
    for case, counts in zip(AUDIT_CASES, sums, strict=True):
        title = f"{case.title}, {case.mean_rows} rows each"
        records.append({"case": title, "flags": _percent(counts["flagged"], counts["audits"])})
    return records


def main() -> None:
    """Simulate, print the tables, and write `coverage.json` beside this file."""
    with ProcessPoolExecutor() as pool:
        report = {
            "intervals": intervals_table(pool),
            "methods": methods_table(pool),
            "gains": gains_table(pool),
            "audits": audits_table(pool),
        }

    for title, records in report.items():
        _print(title, records)
    Path(__file__).with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")


def _percent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _print(title: str, records: list[dict[str, Any]]) -> None:
    table = Table(*records[0], title=f"{title}, %")
    for record in records:
        table.add_row(*map(str, record.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
