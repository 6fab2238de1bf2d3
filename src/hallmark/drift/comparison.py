"""The comparison of the recent window with its reference: a verdict for each column.

A column fails where it drifted, passes where any drift is too small to matter, and is unresolved
otherwise.
"""

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
from hallmark.drift.comparison_windows import Family
from hallmark.drift.effect_sizes import EffectSize
from hallmark.drift.permutation_test import PermutationResult


@dataclass(frozen=True)
class DecisionRule:
    """When a column alarms, and when it passes.

    min_effect_size: The smallest shift that matters, in standard deviations of the reference or
        Cohen's h.
    alpha: The significance level of one family: a larger p-value raises no alarm.
    confidence: That of the shift's interval, which must lie within ±min_effect_size for the column
        to pass.
    """

    min_effect_size: float
    alpha: float
    confidence: float


@dataclass(frozen=True)
class Column:
    """One column of the comparison, judged.

    test: The permutation test of its drift score; None where the reference or the recent window has
        no values.
    """

    name: str
    finding: Finding
    is_numeric: bool
    test: PermutationResult | None


def unexamined_findings(primary_metric: str) -> list[Finding]:
    """Return the findings of data without a recent window: one unresolved finding for each check of the stage.

    With a finding of each check the gate asks for a person's review; without, it would report
    missing findings.
    """
    reason = "There are no rows of split 'recent', so whether the data has changed was not examined."
    return [
        Finding(check="drift.column", case="recent window", verdict="unresolved", reason=reason),
        Finding(check="drift.error", metric=primary_metric, verdict="unresolved", reason=reason),
    ]


def compare_columns(families: Sequence[Family], settings: Drift, *, seed: int) -> list[Column]:
    """Compare and judge every column of every family.

    `settings.alpha` is the probability that any column alarms although nothing drifted; the
    families share it equally. `seed` fixes the permutations.
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
        # Columns without values on one side are tested too: dropping them, which only the observed permutation calls
        # for, would treat it unlike the others, and the test would no longer be exact.
        results = permutation_test.run_min_p_test(scores, alpha=rule.alpha)
        for name in family.columns:
            is_comparable = family.reference[name].notna().any() and family.recent[name].notna().any()
            columns.append(_judge_column(family, name, results[name] if is_comparable else None, rule))
    return columns


def permutation_scores(family: Family, permutations: np.ndarray) -> dict[str, np.ndarray]:
    """Return the drift score of each column in every permutation (B,).

    `permutations` (B, E) are those of `permute_entities`, the observed one first.
    """
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
    """Return which entity each row is of (n,), numbered from 0: first the reference's rows, then the recent ones.

    Numbers below that of the reference's entities are its own; the recent ones follow, as in
    `permute_entities`.
    """
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
    verdict, reason = _decide(shift, test, rule, is_numeric=is_numeric, is_within_bounds=is_within_bounds)
    needed = _needed_entities(shift, rule) if verdict == "unresolved" else None

    judged = replace(judged_by_interval, verdict=verdict, needed=needed, reason=f"{shift.words}: {reason}.")
    return Column(name, judged, is_numeric, test)


def _decide(
    shift: EffectSize,
    test: PermutationResult | None,
    rule: DecisionRule,
    *,
    is_numeric: bool,
    is_within_bounds: bool,
) -> tuple[Verdict, str]:
    """Return the verdict and its reason.

    It fails where the test is significant and the effect at least `min_effect_size`. For numbers
    the effect is the shift of the mean or, if larger, the change of shape: the drift score less its
    mean without drift. It passes where the effect is smaller and `is_within_bounds`: the shift's
    whole interval lies within ±min_effect_size.
    """
    if test is None or shift.estimate is None:
        return "unresolved", "there is nothing to compare"

    margin = rule.min_effect_size
    unit = "sd" if is_numeric else "h"
    shift_size = abs(shift.estimate)
    change_of_shape = test.score - test.null_mean if is_numeric else 0.0
    size = max(shift_size, change_of_shape)
    is_significant = test.p_value <= rule.alpha

    if is_significant and size >= margin:
        kind = "a change of shape" if size > shift_size else "a shift"
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
    """Return about how many more recent entities would let the column pass; None where none would, or it is unknown.

    It assumes that the shift is as estimated, and that the reference grows in proportion. The
    quantile is the normal one: Student's, at a handful of entities, would ask for thousands.
    """
    room = rule.min_effect_size - abs(shift.estimate or 0.0)
    if shift.standard_error is None or room <= 0:
        return None

    quantile = float(stats.norm.ppf(0.5 + rule.confidence / 2))
    growth = (quantile * shift.standard_error / room) ** 2
    return max(1, ceil(shift.n * (growth - 1)))
