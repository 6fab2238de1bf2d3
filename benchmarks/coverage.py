"""How often the 95 % intervals cover, and how often a bias audit flags a gap where there is none, by simulation.

Run as `python benchmarks/coverage.py`; takes some minutes on two cores, prints tables and writes coverage.json.
"""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy import stats

from hallmark.bias.group_slices import make_slices
from hallmark.metrics import METRICS, Measurement

NAMES = (
    "accuracy",
    "sensitivity",
    "log_loss",
    "cost",
    "roc_auc",
    "average_precision",
    "calibration_error",
)
SIZES = ((20, 1), (50, 1), (200, 1), (5, 40), (20, 10), (50, 10), (200, 10))  # entities, rows each on average
REPEATS, AUDITS, PARTS = 800, 400, 8


@dataclass(frozen=True)
class World:
    """Where samples come from: two calibrated scorers, normal scores about a class mean, correlated entities."""

    title: str
    base: float  # share of positives
    separation: float  # between the class means, in standard deviations
    correlation: float = 0.2  # of labels and of scores within an entity

    def sample(self, entities: int, rows: int, generator: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Draw the predictions of two scorers on the same examples."""
        counts = np.maximum(generator.poisson(rows, entities), 1) if rows > 1 else np.ones(entities, int)
        codes = np.repeat(np.arange(entities), counts)
        positive = self._noise(codes, generator) > stats.norm.isf(self.base)
        shared, own = self._noise(codes, generator), self._noise(codes, generator)
        amount = generator.lognormal(2, 1, len(codes))
        worse = 0.9 * self.separation
        return (
            self._predictions(codes, positive, amount, score=(shared, self.separation)),
            self._predictions(codes, positive, amount, score=(0.8 * shared + 0.6 * own, worse)),
        )

    def _noise(self, codes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        common = generator.standard_normal(codes[-1] + 1)[codes]
        own = generator.standard_normal(len(codes))
        return np.asarray(np.sqrt(self.correlation) * common + np.sqrt(1 - self.correlation) * own)

    def _predictions(
        self, codes: np.ndarray, positive: np.ndarray, amount: np.ndarray, *, score: tuple[np.ndarray, float]
    ) -> pd.DataFrame:
        noise, separation = score
        odds = np.log(self.base / (1 - self.base)) + separation * (noise + separation * (positive - 0.5))
        probability = np.clip(1 / (1 + np.exp(-odds)), 1e-12, 1 - 1e-12)
        alert = probability > 0.5
        table = {"id": np.arange(len(codes)), "entity": codes, "confidence": probability}
        table |= {"label": np.where(positive, "yes", "no"), "prediction": np.where(alert, "yes", "no")}
        table |= {"score.accuracy": alert == positive, "weight.accuracy": 1.0}
        table |= {"score.sensitivity": alert, "weight.sensitivity": positive}
        table |= {"score.log_loss": -np.log(np.where(positive, probability, 1 - probability)), "weight.log_loss": 1.0}
        table |= {"score.cost": np.where(alert, ~positive, positive * amount), "weight.cost": 1.0}
        return pd.DataFrame(table)


WORLDS = (World("common positives", 0.3, 2.0), World("rare positives", 0.05, 3.0))


def truth(world: World) -> dict[str, tuple[float, float]]:
    """Return each metric's true value for both scorers, from two million independent rows."""
    one_row_each = world.sample(2_000_000, 1, np.random.default_rng(0))
    return {name: tuple(_value(rows, name) for rows in one_row_each) for name in NAMES}  # type: ignore[misc]


def _value(rows: pd.DataFrame, name: str) -> float:
    if name == "calibration_error":
        return 0.0  # by construction
    return float(Measurement(rows, [name], positive="yes", seed=0).overall[name].estimate or 0.0)


def simulate(world: World, size: tuple[int, int], truths: dict[str, tuple[float, float]], seed: int) -> dict[str, Any]:
    """Return for each metric the hits and the number of intervals given, of one scorer and of the paired comparison."""
    generator = np.random.default_rng([seed, *size])
    hits: dict[str, list[list[float]]] = {name: [] for name in NAMES}
    for _ in range(REPEATS // PARTS):
        first, second = world.sample(*size, generator)
        measurement = Measurement(first, NAMES, positive="yes", seed=0)
        gains = measurement.against(Measurement(second, NAMES, positive="yes", seed=0))
        for name in NAMES:
            sign = 1 if METRICS[name].higher_is_better else -1
            true, other = truths[name]
            hits[name].append([*_hit(measurement.overall[name], true), *_hit(gains[name], sign * (true - other))])
    return {name: np.sum(found, axis=0).tolist() for name, found in hits.items()}


def _hit(interval: Any, true: float) -> tuple[float, float]:
    if interval.low is None:
        return 0.0, 0.0
    return float(interval.low <= true <= interval.high), 1.0


def audit(case: tuple[str, int, int], seed: int) -> dict[str, float]:
    """Return the share of audits that flag any gap, over 2 + 4 + 3 groups and their pairs, where none is."""
    _, entities, rows = case
    generator = np.random.default_rng([seed, entities, rows])
    flagged = []
    for _ in range(AUDITS // PARTS):
        table, _ = WORLDS[0].sample(entities, rows, generator)
        for name, values in (("group.a", 2), ("group.b", 4), ("group.c", 3)):
            drawn = generator.integers(values, size=entities)[table["entity"]]  # groups of whole entities
            table[name] = drawn.astype(str)
        members = {m.name: m.mask for m in make_slices(table, ["a", "b", "c"]) if m.rows >= 20}
        names = ["accuracy", "log_loss", "average_precision"]
        found = Measurement(table, names, slices=members, positive="yes", seed=0).difference().values()
        flagged.append(any(gap.low is not None and (gap.low > 0 or gap.high < 0) for gap in found))  # type: ignore[operator]
    return {"flagged": float(np.sum(flagged)), "audits": len(flagged)}


AUDIT_CASES = (("200 entities", 200, 5), ("2,000 entities", 2000, 1), ("30 entities", 30, 40))


def compare_methods(case: tuple[str, int], seed: int) -> dict[str, int]:
    """Return how often three ways to a 95 % interval of a mean of independent rows cover."""
    kind, size = case
    generator = np.random.default_rng([seed, size])
    hits = {"percentile bootstrap": 0, "studentised bootstrap": 0, "ours": 0, "repeats": REPEATS // PARTS}
    for _ in range(REPEATS // PARTS):
        values, true = _values(kind, size, generator)
        draws = values[generator.integers(size, size=(1000, size))]
        means = draws.mean(axis=1)
        spread = np.maximum(draws.std(axis=1), 1e-300)  # without spread the pivot is 0 or endless
        low, high = np.quantile((means - values.mean()) / spread, [0.025, 0.975])
        name = "accuracy" if kind == "share" else "log_loss"
        table = pd.DataFrame({"entity": np.arange(size), f"score.{name}": values, f"weight.{name}": 1.0})
        hits["percentile bootstrap"] += bool(np.quantile(means, 0.025) <= true <= np.quantile(means, 0.975))
        hits["studentised bootstrap"] += bool(low <= (values.mean() - true) / max(values.std(), 1e-300) <= high)
        hits["ours"] += int(_hit(Measurement(table, [name], positive=None, seed=0).overall[name], true)[0])
    return hits


def _values(kind: str, size: int, generator: np.random.Generator) -> tuple[np.ndarray, float]:
    if kind == "share":
        return (generator.random(size) < 0.95).astype(float), 0.95
    if kind == "exponential":
        return generator.exponential(size=size), 1.0
    return generator.lognormal(0, 1, size), float(np.exp(0.5))


METHOD_CASES = tuple(product(("share", "exponential", "lognormal"), (20, 50, 200)))


def run(
    function: Callable[..., dict[str, Any]], cases: list[tuple[Any, ...]], pool: ProcessPoolExecutor, what: str
) -> list[dict[str, Any]]:
    """Run every case in parts, so that progress shows, and return the sums by case."""
    jobs = [pool.submit(function, *case, seed) for case in cases for seed in range(PARTS)]
    done = [job.result() for job in track(jobs, description=what, console=Console(stderr=True))]
    parts = [done[start : start + PARTS] for start in range(0, len(done), PARTS)]
    return [{key: np.sum([part[key] for part in case], axis=0).tolist() for key in case[0]} for case in parts]


def intervals_table(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """Return the coverage of every metric, alone and compared, in every world and size."""
    truths = dict(zip(WORLDS, pool.map(truth, WORLDS), strict=True))
    cases = [(world, size, truths[world]) for world, size in product(WORLDS, SIZES)]
    records = []
    for (world, size, _), sums in zip(cases, run(simulate, cases, pool, "intervals"), strict=True):
        for name, (hits, given, paired, paired_given) in sums.items():
            where = {"world": world.title, "entities": size[0], "rows_each": size[1], "metric": name}
            alone = {"covers": _percent(hits, given), "given": _percent(given, REPEATS)}
            compared = {
                "paired_covers": _percent(paired, paired_given),
                "paired_given": _percent(paired_given, REPEATS),
            }
            records.append(where | alone | compared)
    return records


def methods_table(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """Return the coverage of three ways to an interval of a mean."""
    found = run(compare_methods, [(case,) for case in METHOD_CASES], pool, "methods")
    records = []
    for (kind, size), sums in zip(METHOD_CASES, found, strict=True):
        repeats = sums.pop("repeats")
        records.append({"values": kind, "n": size} | {name: _percent(hits, repeats) for name, hits in sums.items()})
    return records


def audits_table(pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """Return the share of audits that flag a gap where there is none."""
    found = run(audit, [(case,) for case in AUDIT_CASES], pool, "audits")
    return [
        {"case": f"{title}, {rows} rows each", "flags": _percent(sums["flagged"], sums["audits"])}
        for (title, _, rows), sums in zip(AUDIT_CASES, found, strict=True)
    ]


def main() -> None:
    """Simulate, print, and write `coverage.json` beside this file."""
    with ProcessPoolExecutor() as pool:
        tables = {"intervals": intervals_table, "methods": methods_table, "audits": audits_table}
        report = {title: table(pool) for title, table in tables.items()}
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
