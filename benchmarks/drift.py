"""How often the drift rule alarms without drift and finds what drifted, beside Evidently's defaults. `make benchmark`.

Prints a table and writes benchmarks/drift.json. Takes about three minutes on two cores.
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

from hallmark.drift import calibration, comparing, reporting, windows
from hallmark.drift.windows import Family

FALSE_ALARMS, EFFECT, REPEATS, ROWS = 0.05, 0.2, 500, 10_000  # as in conf/drift/default.yaml


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
        sides = windows.thin(frame.iloc[:cut], frame.iloc[cut:], rows=ROWS, seed=1)
        return Family("columns", *sides, numeric, categorical)


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
        held = [pool.submit(predictions)]
        jobs = plain + moved + held
        for _ in track(as_completed(jobs), "drift", total=len(jobs), console=Console(stderr=True)):
            pass
    results = {
        name: [job.result() for job in group]
        for name, group in (("no drift", plain), ("one column shifted", moved), ("predictions", held))
    }
    show("no drift: share of runs in which any column …", results["no drift"])
    show("one column shifted: share of runs in which it …", results["one column shifted"])
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
            bool(reporting.detected_by_default(family)),
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
        flagged = "x0" in reporting.detected_by_default(family)
        counts += (*(verdict == name for name in ("fail", "unresolved", "pass")), flagged)
    names = ("alarms", "is unresolved", "passes", "Evidently's defaults")
    return {"data": scenario.name, "shift, sd": shift, "runs": runs, **dict(zip(names, counts / runs, strict=True))}


def compare(family: Family, seed: int) -> list[comparing.Column]:
    return comparing.compare([family], false_alarms=FALSE_ALARMS, effect=EFFECT, repeats=REPEATS, seed=seed)


def significant(columns: list[comparing.Column]) -> bool:
    return any(column.chance is not None and column.chance.p <= FALSE_ALARMS for column in columns)


def splits_of_reference(family: Family, seed: int) -> bool:
    """Return whether any column is significant if the thresholds come from splits of the reference alone."""
    inside = family.reference["entity"].nunique()
    taken = min(family.recent["entity"].nunique(), inside // 2)
    deals = calibration.splits(inside - taken, taken, repeats=REPEATS, seed=seed)[1:]
    real = np.arange(inside + family.recent["entity"].nunique())[None] >= inside
    entities, _ = comparing._entities(family)
    alone = Family(family.name, family.reference, family.recent.iloc[:0], family.numeric, family.categorical)
    scores = {
        name: np.concatenate(
            [
                comparing._scores(family, name, entities, real),
                comparing._scores(alone, name, entities[: len(family.reference)], deals),
            ]
        )
        for name in family.columns
    }
    return any(chance.p <= FALSE_ALARMS for chance in calibration.calibrate(scores, level=FALSE_ALARMS).values())


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
