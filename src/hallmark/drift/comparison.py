"""The rule: which columns moved, which did not, and of which the window is too small to say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from scipy import stats

from hallmark.contracts.findings import Finding, Verdict, judge
from hallmark.drift import distances, effect_sizes, permutation_test
from hallmark.drift.effect_sizes import Effect
from hallmark.drift.permutation_test import Chance
from hallmark.drift.windows import Family


@dataclass(frozen=True)
class Rule:
    """What an alarm takes."""

    effect: float  # the smallest shift worth one, in standard deviations or Cohen's h
    level: float  # the largest p-value, of one family
    confidence: float  # of the interval that must lie within ±effect to clear a column


@dataclass(frozen=True)
class Column:
    """One column of the comparison. `chance` is None where a side has no values to score."""

    name: str
    finding: Finding
    numeric: bool
    chance: Chance | None


def absent(primary_metric: str) -> list[Finding]:
    """Return the findings where there is no recent window: nothing was compared, so nothing is cleared.

    One for each of the stage's checks, so that the gate asks for a person's review and not for findings.
    """
    why = "There are no rows of split 'recent', so whether the data has changed was not examined."
    return [
        Finding(check="drift.column", case="recent window", verdict="unresolved", reason=why),
        Finding(check="drift.error", metric=primary_metric, verdict="unresolved", reason=why),
    ]


def compare(families: Sequence[Family], *, false_alarms: float, effect: float, repeats: int, seed: int) -> list[Column]:
    """Return every column of every family, judged.

    `false_alarms` is the probability that any column alarms where nothing drifted; the families share it equally.
    """
    rule = Rule(effect, false_alarms / max(1, len(families)), 1 - false_alarms)
    return [column for family in families for column in _columns(family, rule, repeats=repeats, seed=seed)]


def _columns(family: Family, rule: Rule, *, repeats: int, seed: int) -> list[Column]:
    entities, sizes = _entities(family)
    deals = permutation_test.splits(*sizes, repeats=repeats, seed=seed)
    console = Console(stderr=True)
    shown = track(
        family.columns, f"drift of {family.name}", console=console, transient=True, disable=not console.is_terminal
    )
    chances = permutation_test.calibrate({c: _scores(family, c, entities, deals) for c in shown}, level=rule.level)
    # All columns are calibrated together: which of them a side lacks is known of the real split alone.
    compared = {c for c in family.columns if family.reference[c].notna().any() and family.recent[c].notna().any()}
    return [_column(family, name, chances[name] if name in compared else None, rule) for name in family.columns]


def _entities(family: Family) -> tuple[np.ndarray, tuple[int, int]]:
    """Return each row's entity (n,), the reference's first, and the number of entities on each side."""
    old, old_names = pd.factorize(family.reference["entity"])
    new, new_names = pd.factorize(family.recent["entity"])
    return np.concatenate([old, new + len(old_names)]), (len(old_names), len(new_names))


def _scores(family: Family, column: str, entities: np.ndarray, deals: np.ndarray) -> np.ndarray:
    values = pd.concat([family.reference[column], family.recent[column]]).to_numpy()
    score = distances.wasserstein if column in family.numeric else distances.jensen_shannon
    return score(values, entities, deals)


def _column(family: Family, name: str, chance: Chance | None, rule: Rule) -> Column:
    numeric = name in family.numeric
    measure = effect_sizes.standardised if numeric else effect_sizes.cohens_h
    shift = measure(family.reference, family.recent, name, confidence=rule.confidence)
    finding = Finding.from_interval("drift.column", shift, column=name)
    cleared = judge(finding, at_least=-rule.effect, at_most=rule.effect)
    verdict, why = _verdict(shift, chance, rule, numeric=numeric, cleared=cleared.verdict == "pass")
    needed = _needed(shift, rule) if verdict == "unresolved" else None
    judged = replace(cleared, verdict=verdict, needed=needed, reason=f"{shift.words}: {why}.")
    return Column(name, judged, numeric, chance)


def _verdict(shift: Effect, chance: Chance | None, rule: Rule, *, numeric: bool, cleared: bool) -> tuple[Verdict, str]:
    """Return the verdict and its reason; `cleared` says that the whole interval lies within ±effect."""
    if chance is None or shift.estimate is None:
        return "unresolved", "there is nothing to compare"
    unit = "sd" if numeric else "h"
    moved = max(abs(shift.estimate), chance.score - chance.expected if numeric else 0.0)
    kind = "a change of shape" if moved > abs(shift.estimate) else "a shift"
    if chance.p <= rule.level and moved >= rule.effect:
        return "fail", f"{kind} of {moved:.2f} {unit}, and chance alone would do as much with p = {chance.p:.2g}"
    if cleared and moved < rule.effect:
        return "pass", f"any shift is smaller than {rule.effect:g} {unit} (p = {chance.p:.2g})"
    if chance.splits * rule.level < 1:
        return "unresolved", f"the window has so few entities that only {chance.splits} splits could be compared"
    if chance.p <= rule.level:
        return "unresolved", f"it differs (p = {chance.p:.2g}), but maybe by less than {rule.effect:g} {unit}"
    return "unresolved", f"a shift of {rule.effect:g} {unit} is neither shown nor ruled out (p = {chance.p:.2g})"


def _needed(shift: Effect, rule: Rule) -> int | None:
    """Return how many more recent entities would clear the column if its estimate is right, and both sides grow alike.

    By the normal quantile: Student's, at a handful of entities, would ask for thousands.
    """
    room = rule.effect - abs(shift.estimate or 0.0)
    if shift.error is None or room <= 0:
        return None
    quantile = float(stats.norm.ppf(0.5 + rule.confidence / 2))
    return max(1, ceil(shift.n * ((quantile * shift.error / room) ** 2 - 1)))
