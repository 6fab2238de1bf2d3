"""The comparison of the recent window with its reference: which columns moved, which did not, and which are unknown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from scipy import stats

from hallmark.config.stages import Drift
from hallmark.contracts.findings import Finding, Verdict, judge
from hallmark.drift import distances, effect_sizes, permutation_test
from hallmark.drift.effect_sizes import EffectSize
from hallmark.drift.permutation_test import PermutationResult
from hallmark.drift.windows import Family


@dataclass(frozen=True)
class DecisionRule:
    """What an alarm takes."""

    min_effect_size: float  # the smallest shift worth one, in standard deviations or Cohen's h
    alpha: float  # the largest p-value, of one family
    confidence: float  # of the interval that must lie within ±min_effect_size to clear a column


@dataclass(frozen=True)
class Column:
    """One column of the comparison. `test` is None where a side has no values to score."""

    name: str
    finding: Finding
    is_numeric: bool
    test: PermutationResult | None


def unexamined_findings(primary_metric: str) -> list[Finding]:
    """Return the findings where there is no recent window: nothing was compared, so nothing is cleared.

    One for each of the stage's checks, so that the gate asks for a person's review and not for findings.
    """
    reason = "There are no rows of split 'recent', so whether the data has changed was not examined."
    return [
        Finding(check="drift.column", case="recent window", verdict="unresolved", reason=reason),
        Finding(check="drift.error", metric=primary_metric, verdict="unresolved", reason=reason),
    ]


def compare_columns(families: Sequence[Family], settings: Drift, *, seed: int) -> list[Column]:
    """Return every column of every family, judged.

    `settings.alpha` is the probability that any column alarms where nothing drifted; the families share it equally.
    """
    rule = DecisionRule(
        min_effect_size=settings.min_effect_size,
        alpha=settings.alpha / max(1, len(families)),
        confidence=1 - settings.alpha,
    )
    columns = []
    for family in families:
        permutations = permutation_test.permute_entities(
            family.reference["entity"].nunique(),
            family.recent["entity"].nunique(),
            n_permutations=settings.n_permutations,
            seed=seed,
        )
        scores = permutation_scores(family, permutations)
        # All columns are tested together: which of them a side lacks is known of the observed permutation alone.
        results = permutation_test.run_min_p_test(scores, alpha=rule.alpha)
        for name in family.columns:
            is_comparable = family.reference[name].notna().any() and family.recent[name].notna().any()
            columns.append(_judge_column(family, name, results[name] if is_comparable else None, rule))
    return columns


def permutation_scores(family: Family, permutations: np.ndarray) -> dict[str, np.ndarray]:
    """Return the drift score of each column in every permutation (B,) that `permute_entities` returned."""
    entities = _number_entities(family)
    console = Console(stderr=True)
    is_hidden = not console.is_terminal
    scores = {}
    for name in track(family.columns, f"drift of {family.name}", console=console, transient=True, disable=is_hidden):
        values = pd.concat([family.reference[name], family.recent[name]]).to_numpy()
        distance = distances.wasserstein if name in family.numeric else distances.jensen_shannon
        scores[name] = distance(values, entities, permutations)
    return scores


def _number_entities(family: Family) -> np.ndarray:
    """Return the number of each row's entity (n,): the reference's rows and entities come first."""
    reference_codes, reference_names = pd.factorize(family.reference["entity"])
    recent_codes, _ = pd.factorize(family.recent["entity"])
    return np.concatenate([reference_codes, recent_codes + len(reference_names)])


def _judge_column(family: Family, name: str, test: PermutationResult | None, rule: DecisionRule) -> Column:
    is_numeric = name in family.numeric
    measure = effect_sizes.glass_delta if is_numeric else effect_sizes.cohens_h
    shift = measure(family.reference, family.recent, name, confidence=rule.confidence)

    finding = Finding.from_interval("drift.column", shift, column=name)
    judged_by_interval = judge(finding, at_least=-rule.min_effect_size, at_most=rule.min_effect_size)
    is_within_bounds = judged_by_interval.verdict == "pass"
    verdict, reason = _verdict(shift, test, rule, is_numeric=is_numeric, is_within_bounds=is_within_bounds)
    needed = _needed_entities(shift, rule) if verdict == "unresolved" else None

    judged = replace(judged_by_interval, verdict=verdict, needed=needed, reason=f"{shift.words}: {reason}.")
    return Column(name, judged, is_numeric, test)


def _verdict(
    shift: EffectSize,
    test: PermutationResult | None,
    rule: DecisionRule,
    *,
    is_numeric: bool,
    is_within_bounds: bool,
) -> tuple[Verdict, str]:
    """Return the verdict and its reason; `is_within_bounds`: the whole interval lies within ±min_effect_size."""
    if test is None or shift.estimate is None:
        return "unresolved", "there is nothing to compare"

    margin = rule.min_effect_size
    unit = "sd" if is_numeric else "h"
    size_of_shift = abs(shift.estimate)
    size_of_reshaping = test.score - test.null_mean if is_numeric else 0.0
    size = max(size_of_shift, size_of_reshaping)
    is_significant = test.p_value <= rule.alpha

    if is_significant and size >= margin:
        kind = "a change of shape" if size > size_of_shift else "a shift"
        return "fail", f"{kind} of {size:.2f} {unit}, and chance alone would do as much with p = {test.p_value:.2g}"
    if is_within_bounds and size < margin:
        return "pass", f"any shift is smaller than {margin:g} {unit} (p = {test.p_value:.2g})"
    if test.n_permutations * rule.alpha < 1:
        reason = f"the window has so few entities that only {test.n_permutations} splits could be compared"
    elif is_significant:
        reason = f"it differs (p = {test.p_value:.2g}), but maybe by less than {margin:g} {unit}"
    else:
        reason = f"a shift of {margin:g} {unit} is neither shown nor ruled out (p = {test.p_value:.2g})"
    return "unresolved", reason


def _needed_entities(shift: EffectSize, rule: DecisionRule) -> int | None:
    """Return how many more recent entities would clear the column if its estimate is right, and both sides grow alike.

    By the normal quantile: Student's, at a handful of entities, would ask for thousands.
    """
    room = rule.min_effect_size - abs(shift.estimate or 0.0)
    if shift.standard_error is None or room <= 0:
        return None

    quantile = float(stats.norm.ppf(0.5 + rule.confidence / 2))
    growth = (quantile * shift.standard_error / room) ** 2
    return max(1, ceil(shift.n * (growth - 1)))
