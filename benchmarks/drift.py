"""Drift rule: how often it alarms without drift, and how often it finds drift, beside Evidently's
defaults.

By simulation, as part of `make benchmark`. Prints tables and writes benchmarks/drift.json, in about
six minutes on two cores.
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
from hallmark.drift import comparison, evidently_reports, permutation_test
from hallmark.drift import comparison_windows as windows
from hallmark.drift.comparison_windows import Family

# Those of conf/drift/default.yaml.
SETTINGS = Drift(alpha=0.05, min_effect_size=0.2, n_permutations=500, max_rows=10_000)
SHIFTS = (0.1, 0.2, 0.5)  # of one column, in standard deviations
CATEGORIES = np.array(list("abcd"))
CATEGORY_LIMITS = [-1.0, 0.0, 0.7]  # of a standard normal value


@dataclass(frozen=True)
class Scenario:
    """Data without missing values: entities in the reference and in the recent window.

    reference, recent: The number of entities on either side.
    rows: The rows of each entity, on either side.
    correlation: Between rows of an entity.
    columns: Their number; every fifth is categorical, the others are numeric.
    runs: How many data sets are drawn.
    """

    name: str
    reference: int
    recent: int
    rows: tuple[int, int]
    correlation: float
    columns: int
    runs: int

    def family(self, generator: np.random.Generator, shift: float = 0.0) -> Family:
        """Draw a data set whose first column, x0, is shifted in the recent window by `shift`
        standard deviations.
        """
        entity_count = self.reference + self.recent
        rows_per_entity = np.repeat(self.rows, (self.reference, self.recent))
        entities = np.arange(entity_count).repeat(rows_per_entity)  # (n,) each row's entity, reference first

        of_entity = generator.normal(size=(entity_count, self.columns))[entities]
        of_row = generator.normal(size=(len(entities), self.columns))
        values = np.sqrt(self.correlation) * of_entity + np.sqrt(1 - self.correlation) * of_row
        values[entities >= self.reference, 0] += shift

        names = [f"x{column}" for column in range(self.columns)]
        categorical = tuple(names[4::5])
        numeric = tuple(name for name in names if name not in categorical)
        table = pd.DataFrame(values, columns=names).assign(entity=entities.astype(str))
        for name in categorical:
            table[name] = CATEGORIES[np.searchsorted(CATEGORY_LIMITS, table[name])]

        reference_rows = self.reference * self.rows[0]
        reference, recent = windows.subsample(
            table.iloc[:reference_rows],
            table.iloc[reference_rows:],
            max_rows=SETTINGS.max_rows,
            seed=1,
        )
        return Family("columns", reference, recent, numeric, categorical)


REFERENCE_ROWS = 500  # of the data with missing values; each row is an entity
RECENT_ROWS = 100
ALL_ROWS = REFERENCE_ROWS + RECENT_ROWS
COLUMNS = 10


@dataclass(frozen=True)
class Gaps:
    """Data with missing values: 500 reference and 100 recent rows of ten numeric columns, each row
    an entity.

    reference, recent, anywhere: How many values are missing in the reference, in the recent window,
        in both together.
    columns: In how many columns, counted from the last.
    constant: Whether there are two more columns: a constant one, and one with a single other value.
    """

    name: str
    reference: int = 0
    recent: int = 0
    anywhere: int = 0
    columns: int = 1
    constant: bool = False

    def family(self, generator: np.random.Generator, shift: float) -> Family:
        """Draw a data set whose first column, x0, is shifted in the recent window by `shift`
        standard deviations.
        """
        values = generator.normal(size=(ALL_ROWS, COLUMNS))
        values[REFERENCE_ROWS:, 0] += shift

        missing_counts = (
            (0, REFERENCE_ROWS, self.reference),
            (REFERENCE_ROWS, ALL_ROWS, self.recent),
            (0, ALL_ROWS, self.anywhere),
        )
        for column in range(COLUMNS - self.columns, COLUMNS):
            for start, end, count in missing_counts:
                missing_rows = generator.choice(np.arange(start, end), count, replace=False)
                values[missing_rows, column] = np.nan

        names = [f"descriptor.x{column}" for column in range(COLUMNS)]
        table = pd.DataFrame(values, columns=names).assign(
            entity=np.arange(ALL_ROWS).astype(str),
            split=np.repeat(["train", "recent"], [REFERENCE_ROWS, RECENT_ROWS]),
        )
        if self.constant:
            is_other_row = np.arange(ALL_ROWS) == generator.integers(ALL_ROWS)
            table["descriptor.constant"] = 1.0
            table["descriptor.nearly constant"] = np.where(is_other_row, 1.0, 0.0)

        predictions = table[["entity", "split"]].replace("train", "test")
        (family,) = windows.column_families(table, predictions, max_rows=SETTINGS.max_rows, seed=1)
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
    Gaps("all of the window", recent=RECENT_ROWS),
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
    """Run all simulations, print their tables, and write the numbers."""
    start = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        shifted_cases = [(scenario, shift) for scenario in SCENARIOS[:5:2] for shift in SHIFTS]
        jobs = {
            "no drift": [pool.submit(measure_no_drift, scenario) for scenario in SCENARIOS],
            "one column shifted": [pool.submit(measure_shift, *case) for case in shifted_cases],
            "missing values": [pool.submit(measure_missing_values, gaps) for gaps in GAPS],
            "predictions": [pool.submit(measure_predictions)],
        }
        all_jobs = [job for group in jobs.values() for job in group]
        for _ in track(as_completed(all_jobs), "drift", total=len(all_jobs), console=Console(stderr=True)):
            pass
    results = {name: [job.result() for job in group] for name, group in jobs.items()}

    show("no drift: share of runs in which any column …", results["no drift"])
    show("one column shifted: share of runs in which it …", results["one column shifted"])
    show("values missing in the last column: share of runs in which … is significant", results["missing values"])
    show("confidence without drift, by reference: share of runs that alarm", results["predictions"])
    Path("benchmarks/drift.json").write_text(json.dumps(results, indent=1) + "\n")
    Console().print(f"{time.perf_counter() - start:.0f} s")


def measure_no_drift(scenario: Scenario) -> dict[str, object]:
    """Return how often data without drift gives an alarm, by the drift rule and by two others.

    Shares of runs; "columns unresolved" is the mean share of columns.
    """
    counts = np.zeros(5)
    for seed in range(scenario.runs):
        family = scenario.family(np.random.default_rng([1, seed]))
        columns = compare(family, seed)
        verdicts = [column.finding.verdict for column in columns]
        counts += [
            "fail" in verdicts,
            any(column.test is not None and column.test.p_value <= SETTINGS.alpha for column in columns),
            float(np.mean([verdict == "unresolved" for verdict in verdicts])),
            is_significant_by_reference_alone(family, seed),
            bool(evidently_reports.detected_by_default(family)),
        ]

    names = ("alarm", "significant", "columns unresolved", "significant, reference split alone", "Evidently's defaults")
    shares = dict(zip(names, counts / scenario.runs, strict=True))
    return {"data": scenario.name, "runs": scenario.runs, **shares}


def measure_shift(scenario: Scenario, shift: float) -> dict[str, object]:
    """Return how often a column shifted by `shift` standard deviations gets each verdict, and is
    flagged by Evidently.

    Shares of runs, of which there are a quarter of the scenario's.
    """
    runs = max(20, scenario.runs // 4)
    counts = np.zeros(4)
    for seed in range(runs):
        family = scenario.family(np.random.default_rng([2, seed]), shift)
        verdict = compare(family, seed)[0].finding.verdict
        counts += [
            verdict == "fail",
            verdict == "unresolved",
            verdict == "pass",
            "x0" in evidently_reports.detected_by_default(family),
        ]

    names = ("alarms", "is unresolved", "passes", "Evidently's defaults")
    shares = dict(zip(names, counts / runs, strict=True))
    return {"data": scenario.name, "shift, sd": shift, "runs": runs, **shares}


def measure_missing_values(gaps: Gaps, runs: int = 100, shift: float = 0.5) -> dict[str, object]:
    """Return how often any column is significant without drift, and how often x0 is when shifted by
    `shift`.

    Shares of runs, by the min-p test of the stage, and for comparison by fitted tails alone, with
    which a column whose scores take two values sets the critical value of all others. A stage tests
    two families: each gets half of alpha.
    """
    alpha = SETTINGS.alpha / 2
    names = {0.0: "without drift", shift: f"x0, shifted by {shift:g} sd"}
    counts = dict.fromkeys(names.values(), 0)
    fitted_counts = {f"{name} (fitted tails)": 0 for name in names.values()}
    is_last_column_missing = gaps.recent == RECENT_ROWS  # then that column has changed, and is rightly significant

    for seed in range(runs):
        for family_shift, name in names.items():
            family = gaps.family(np.random.default_rng([3, seed]), family_shift)
            columns = list(family.columns)
            if is_last_column_missing:
                columns = [column for column in columns if not column.startswith("descriptor.x9")]
            if family_shift:
                columns = ["descriptor.x0"]

            scores = permutation_scores(family, seed)
            results = permutation_test.run_min_p_test(scores, alpha=alpha)
            counts[name] += min(results[column].p_value for column in columns) <= alpha
            fitted_counts[f"{name} (fitted tails)"] += min(p_values_by_fitted_tails(scores, columns)) <= alpha

    shares = {name: count / runs for name, count in {**counts, **fitted_counts}.items()}
    return {"missing": gaps.name, "runs": runs, **shares}


def permutation_scores(family: Family, seed: int) -> dict[str, np.ndarray]:
    """Return each column's scores: of the observed division into windows first, then of each
    permutation.
    """
    permutations = permutation_test.permute_entities(
        family.reference["entity"].nunique(),
        family.recent["entity"].nunique(),
        n_permutations=SETTINGS.n_permutations,
        seed=seed,
    )
    return comparison.permutation_scores(family, permutations)


def p_values_by_fitted_tails(scores: dict[str, np.ndarray], columns: list[str]) -> list[float]:
    """Return the adjusted p-values of `columns`, with permutations ordered by fitted tail
    probability, not by rank.

    `scores` are those of `permutation_scores`.
    """
    minus_log_p = {}
    for name, column_scores in scores.items():
        distribution = permutation_test._fit_gamma(column_scores)
        minus_log_p[name] = permutation_test._minus_log_p(column_scores, *distribution)

    largest = np.max(list(minus_log_p.values()), axis=0)  # over columns, for each permutation
    return [float((largest >= minus_log_p[column][0]).mean()) for column in columns]


def compare(family: Family, seed: int) -> list[comparison.Column]:
    return comparison.compare_columns([family], SETTINGS, seed=seed)


def is_significant_by_reference_alone(family: Family, seed: int) -> bool:
    """Return whether any column is significant if the null distribution came from divisions of the
    reference alone.

    The reference's entities are divided at random: as many as the recent window has, at most half,
    against the others.
    """
    reference_count = family.reference["entity"].nunique()
    recent_count = family.recent["entity"].nunique()
    part_count = min(recent_count, reference_count // 2)
    permutations = permutation_test.permute_entities(
        reference_count - part_count,
        part_count,
        n_permutations=SETTINGS.n_permutations,
        seed=seed,
    )
    reference_alone = Family(family.name, family.reference, family.recent.iloc[:0], family.numeric, family.categorical)
    null_scores = comparison.permutation_scores(reference_alone, permutations[1:])  # without the observed one

    is_recent = np.arange(reference_count + recent_count)[None] >= reference_count
    observed_scores = comparison.permutation_scores(family, is_recent)

    scores = {name: np.concatenate([observed_scores[name], null_scores[name]]) for name in family.columns}
    results = permutation_test.run_min_p_test(scores, alpha=SETTINGS.alpha)
    return any(result.p_value <= SETTINGS.alpha for result in results.values())


def measure_predictions(runs: int = 40) -> dict[str, object]:
    """Return how often a random forest's confidence alarms on new data from the distribution of its
    training data.

    Shares of runs, with two references: the rows that the forest was fitted on, and rows that it
    was not.
    """
    counts = np.zeros(2)
    for seed in range(runs):
        inputs, labels = make_classification(1500, 10, flip_y=0.2, random_state=seed)
        forest = RandomForestClassifier(30, random_state=seed).fit(inputs[:500], labels[:500])
        confidence = forest.predict_proba(inputs).max(axis=1)
        table = pd.DataFrame({"confidence": confidence, "entity": np.arange(1500).astype(str)})

        recent = table.iloc[1000:]
        for position, reference in enumerate((table.iloc[:500], table.iloc[500:1000])):
            family = Family("predictions", reference, recent, ("confidence",), ())
            counts[position] += compare(family, seed)[0].finding.verdict == "fail"
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
