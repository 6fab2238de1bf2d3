"""How often the drift rule alarms without drift and finds what drifted, beside Evidently's defaults. `make benchmark`.

Prints a table and writes benchmarks/drift.json. Takes about six minutes on two cores.
"""

import json
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

from hallmark.config.stages import Drift
from hallmark.drift import comparison, evidently_page, permutation_test, windows
from hallmark.drift.windows import Family

SETTINGS = Drift(alpha=0.05, min_effect_size=0.2, n_permutations=500, max_rows=10_000)  # conf/drift/default.yaml's


@dataclass(frozen=True)
class Scenario:
    """Entities on either side, rows of each, correlation within an entity, and columns (one in five categorical)."""

    name: str
    reference: int
    recent: int
    rows: tuple[int, int]
    correlation: float
    columns: int
    runs: int

    def family(self, generator: np.random.Generator, shift: float = 0.0) -> Family:
        """Return data in which the first column of the recent side is shifted by `shift` standard deviations."""
        owner = np.arange(self.reference + self.recent).repeat(np.repeat(self.rows, (self.reference, self.recent)))
        size = len(owner)
        latent = np.sqrt(self.correlation) * generator.normal(size=(owner[-1] + 1, self.columns))[owner]
        values = latent + np.sqrt(1 - self.correlation) * generator.normal(size=(size, self.columns))
        values[owner >= self.reference, 0] += shift
        names = [f"x{column}" for column in range(self.columns)]
        frame = pd.DataFrame(values, columns=names).assign(entity=owner.astype(str))
        categorical = tuple(names[4::5])
        for name in categorical:
            frame[name] = np.array(list("abcd"))[np.searchsorted([-1.0, 0.0, 0.7], frame[name])]
        numeric = tuple(name for name in names if name not in categorical)
        cut = self.reference * self.rows[0]
        sides = windows.subsample(frame.iloc[:cut], frame.iloc[cut:], max_rows=SETTINGS.max_rows, seed=1)
        return Family("columns", *sides, numeric, categorical)


@dataclass(frozen=True)
class Gaps:
    """One row of each of 500 reference and 100 recent entities, ten numeric columns; the last has values missing.

    `reference` and `recent` count the missing values of each side, `anywhere` those of either; `columns` have them.
    """

    name: str
    reference: int = 0
    recent: int = 0
    anywhere: int = 0
    columns: int = 1
    constant: bool = False

    def family(self, generator: np.random.Generator, shift: float) -> Family:
        """Return data in which the first column of the recent side is shifted by `shift` standard deviations."""
        values = generator.normal(size=(600, 10))
        values[500:, 0] += shift
        for column in range(10 - self.columns, 10):
            for first, last, count in ((0, 500, self.reference), (500, 600, self.recent), (0, 600, self.anywhere)):
                values[generator.choice(np.arange(first, last), count, replace=False), column] = np.nan
        names = [f"descriptor.x{column}" for column in range(10)]
        table = pd.DataFrame(values, columns=names).assign(
            entity=np.arange(600).astype(str), split=np.repeat(["train", "recent"], [500, 100])
        )
        if self.constant:
            table["descriptor.constant"] = 1.0
            table["descriptor.nearly constant"] = np.where(np.arange(600) == generator.integers(600), 1.0, 0.0)
        (family,) = windows.column_families(
            table, table[["entity", "split"]].replace("train", "test"), max_rows=SETTINGS.max_rows, seed=1
        )
        return family


GAPS = (
    Gaps("none"),
    Gaps("1 value", anywhere=1),
    Gaps("2 values", anywhere=2),
    Gaps("2 values, both recent", recent=2),
    Gaps("2 values, both reference", reference=2),
    Gaps("5 values", anywhere=5),
    Gaps("2 values in each of 5 columns", anywhere=2, columns=5),
    Gaps("a third", anywhere=200),
    Gaps("all of the window", recent=100),
    Gaps("2 values, and two constant columns", anywhere=2, constant=True),
)
SCENARIOS = (
    Scenario("500 against 500 rows, 5 columns", 500, 500, (1, 1), 0.0, 5, 200),
    Scenario("500 against 500 rows, 20 columns", 500, 500, (1, 1), 0.0, 20, 150),
    Scenario("5,000 against 5,000 rows, 5 columns", 5000, 5000, (1, 1), 0.0, 5, 60),
    Scenario("100 against 50 entities of 10 rows, 10 columns", 100, 50, (10, 10), 0.3, 10, 200),
    Scenario("200 against 200 entities of 10 rows, 10 columns", 200, 200, (10, 10), 0.3, 10, 100),
    Scenario("15 against 5 entities of 30 rows, 10 columns", 15, 5, (30, 30), 0.3, 10, 200),
    Scenario("200 entities of 40 rows against 100 of 5, 10 columns", 200, 100, (40, 5), 0.1, 10, 150),
)


def main() -> None:
    started = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        plain = [pool.submit(no_drift, scenario) for scenario in SCENARIOS]
        moved = [pool.submit(shifted, scenario, shift) for scenario in SCENARIOS[:5:2] for shift in (0.1, 0.2, 0.5)]
        gappy = [pool.submit(missing, gaps) for gaps in GAPS]
        held = [pool.submit(predictions)]
        jobs = plain + moved + gappy + held
        for _ in track(as_completed(jobs), "drift", total=len(jobs), console=Console(stderr=True)):
            pass
    results = {
        name: [job.result() for job in group]
        for name, group in (
            ("no drift", plain),
            ("one column shifted", moved),
            ("missing values", gappy),
            ("predictions", held),
        )
    }
    show("no drift: share of runs in which any column …", results["no drift"])
    show("one column shifted: share of runs in which it …", results["one column shifted"])
    show("values missing in the last column: share of runs in which … is significant", results["missing values"])
    show("confidence without drift, by reference: share of runs that alarm", results["predictions"])
    Path("benchmarks/drift.json").write_text(json.dumps(results, indent=1) + "\n")
    Console().print(f"{time.perf_counter() - started:.0f} s")


def no_drift(scenario: Scenario) -> dict[str, object]:
    """Return how often any column is significant, alarms, is left unresolved, and is flagged by the other rules."""
    counts = np.zeros(5)
    for seed in range(scenario.runs):
        family = scenario.family(np.random.default_rng([1, seed]))
        columns = compare(family, seed)
        counts += [
            any(column.finding.verdict == "fail" for column in columns),
            significant(columns),
            float(np.mean([column.finding.verdict == "unresolved" for column in columns])),
            splits_of_reference(family, seed),
            bool(evidently_page.detected_by_default(family)),
        ]
    names = ("alarm", "significant", "columns unresolved", "significant, reference split alone", "Evidently's defaults")
    return {"data": scenario.name, "runs": scenario.runs, **dict(zip(names, counts / scenario.runs, strict=True))}


def shifted(scenario: Scenario, shift: float) -> dict[str, object]:
    """Return how often a column shifted by `shift` standard deviations alarms, is passed, and is flagged by default."""
    runs = max(20, scenario.runs // 4)
    counts = np.zeros(4)
    for seed in range(runs):
        family = scenario.family(np.random.default_rng([2, seed]), shift)
        verdict = compare(family, seed)[0].finding.verdict
        flagged = "x0" in evidently_page.detected_by_default(family)
        counts += (*(verdict == name for name in ("fail", "unresolved", "pass")), flagged)
    names = ("alarms", "is unresolved", "passes", "Evidently's defaults")
    return {"data": scenario.name, "shift, sd": shift, "runs": runs, **dict(zip(names, counts / runs, strict=True))}


def missing(gaps: Gaps, runs: int = 100, shift: float = 0.5) -> dict[str, object]:
    """Return how often the whole family is significant without drift, and how often a shifted column is.

    For comparison: the same by the tails of fitted distributions alone, where a column whose scores take two values
    sets the critical value of all others. The level is that of one of two families, as in the stage.
    """
    counts = np.zeros(4)
    for seed in range(runs):
        gone = gaps.recent == 100  # that a column is missing in the whole window is a change, and is found as one
        for place, by in enumerate((0.0, shift)):
            family = gaps.family(np.random.default_rng([3, seed]), by)
            unchanged = [name for name in family.columns if not (gone and name.startswith("descriptor.x9"))]
            names = ["descriptor.x0"] if by else unchanged
            scores = scores_of(family, seed)
            results = permutation_test.run_min_p_test(scores, alpha=SETTINGS.alpha / 2)
            counts[place] += min(results[name].p_value for name in names) <= SETTINGS.alpha / 2
            counts[2 + place] += min(by_fitted_tails(scores, names)) <= SETTINGS.alpha / 2
    names = ["without drift", f"x0, shifted by {shift:g} sd"]
    shares = dict(zip([*names, *(f"{name} (fitted tails)" for name in names)], counts / runs, strict=True))
    return {"missing": gaps.name, "runs": runs, **shares}


def scores_of(family: Family, seed: int) -> dict[str, np.ndarray]:
    permutations = permutation_test.permute_entities(
        family.reference["entity"].nunique(),
        family.recent["entity"].nunique(),
        n_permutations=SETTINGS.n_permutations,
        seed=seed,
    )
    return comparison.permutation_scores(family, permutations)


def by_fitted_tails(scores: dict[str, np.ndarray], names: list[str]) -> list[float]:
    """Return adjusted p-values where the smallest fitted tail probability stands for a split, not the smallest rank."""
    minus_log_p = {
        name: permutation_test._minus_log_p(values, *permutation_test._fit_gamma(values))
        for name, values in scores.items()
    }
    largest = np.max(list(minus_log_p.values()), axis=0)
    return [float((largest >= minus_log_p[name][0]).mean()) for name in names]


def compare(family: Family, seed: int) -> list[comparison.Column]:
    return comparison.compare_columns([family], SETTINGS, seed=seed)


def significant(columns: list[comparison.Column]) -> bool:
    return any(column.test is not None and column.test.p_value <= SETTINGS.alpha for column in columns)


def splits_of_reference(family: Family, seed: int) -> bool:
    """Return whether any column is significant if the thresholds come from splits of the reference alone."""
    inside = family.reference["entity"].nunique()
    taken = min(family.recent["entity"].nunique(), inside // 2)
    permutations = permutation_test.permute_entities(
        inside - taken, taken, n_permutations=SETTINGS.n_permutations, seed=seed
    )[1:]
    observed = np.arange(inside + family.recent["entity"].nunique())[None] >= inside
    alone = Family(family.name, family.reference, family.recent.iloc[:0], family.numeric, family.categorical)
    observed_scores = comparison.permutation_scores(family, observed)
    null_scores = comparison.permutation_scores(alone, permutations)
    scores = {name: np.concatenate([observed_scores[name], null_scores[name]]) for name in family.columns}
    return any(
        result.p_value <= SETTINGS.alpha
        for result in permutation_test.run_min_p_test(scores, alpha=SETTINGS.alpha).values()
    )


def predictions(runs: int = 40) -> dict[str, object]:
    """Return how often a forest's confidence alarms on a window like its training data, by what it is held against."""
    counts = np.zeros(2)
    for seed in range(runs):
        inputs, labels = make_classification(1500, 10, flip_y=0.2, random_state=seed)
        forest = RandomForestClassifier(30, random_state=seed).fit(inputs[:500], labels[:500])
        confidence = forest.predict_proba(inputs).max(axis=1)
        frame = pd.DataFrame({"confidence": confidence, "entity": np.arange(1500).astype(str)})
        sides = (frame.iloc[:500], frame.iloc[500:1000])
        families = [Family("predictions", side, frame.iloc[1000:], ("confidence",), ()) for side in sides]
        counts += [compare(family, seed)[0].finding.verdict == "fail" for family in families]
    return {"runs": runs, "training split": counts[0] / runs, "split that was not fitted": counts[1] / runs}


def show(title: str, rows: list[dict[str, object]]) -> None:
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name)
    for row in rows:
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
