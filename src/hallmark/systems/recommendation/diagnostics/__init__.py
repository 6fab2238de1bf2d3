"""Diagnostics of a recommender: catalogue coverage, popularity bias, and ranking quality by genre.

Every scorer shows each test user the `TOP_K` items with the highest logits: `TOP_K` slots a
ranking.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hallmark import report_figures as figures
from hallmark.answers.next_item.decoding import TOP_K, top_items
from hallmark.config.section import Section
from hallmark.contracts.examples import GROUP, Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, of
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import intervals, means
from hallmark.report_figures import ReportFigure
from hallmark.systems.recommendation.reading import POPULARITY, percentiles, popularity_bands
from hallmark.systems.system import Diagnosis, DiagnosticData

_USERS_CHOICES = "chosen by users"  # the curve or bar of the items that users really had next
_GENRE = GROUP + "genre"


def diagnose(data: DiagnosticData, settings: Section) -> Diagnosis:  # noqa: ARG001 (there is nothing to choose)
    """Measure coverage, popularity bias and, of the model, NDCG@10 by genre, on the test split."""
    test = data.examples["test"]
    training_counts = np.asarray(test.encoding["training_counts"])
    rankings = {name: top_items(np.asarray(outputs["logits"])) for name, outputs in data.outputs.items()}

    findings = [_measure_coverage(test, name, ranking) for name, ranking in rankings.items()]
    findings += [_measure_popularity_bias(test, name, ranking, training_counts) for name, ranking in rankings.items()]
    findings += _measure_genres(of(data.predictions), data.seed)

    next_items = _next_items(test)
    compared = {_USERS_CHOICES: next_items[:, None], **rankings}
    concentration = _draw_concentration(compared, item_count=len(training_counts))
    popularity_shares = _draw_popularity_shares(compared, training_counts)
    return Diagnosis(
        findings,
        [
            ReportFigure(name="coverage", question=5, title="coverage", drawing=concentration),
            ReportFigure(name="popularity", question=5, title="popularity", drawing=popularity_shares),
        ],
    )


def _next_items(test: Examples) -> np.ndarray:
    """Return the item that came next in each example (n,), as a position in the catalogue."""
    return np.asarray(test.arrays["target.item"]) - 1


def _measure_coverage(test: Examples, name: str, ranking: np.ndarray) -> Finding:
    """Catalogue coverage: the share of all items that appear in at least one ranking.

    `ranking` (n, `TOP_K`) has the positions in the catalogue of the items shown to each of n
    examples. Coverage is no mean over users, so it has no interval.
    """
    item_count = len(test.encoding["items"])
    shown_count = len(np.unique(ranking))
    reason = (
        f"{_noun(name)} shows {shown_count:,} of the {item_count:,} items to somebody among the first {TOP_K}, "
        f"in {len(test):,} rankings."
    )
    return Finding(
        check="evaluate.coverage",
        scorer=name,
        estimate=shown_count / item_count,
        n=test.table["entity"].nunique(),
        reason=reason,
    )


def _measure_popularity_bias(test: Examples, name: str, ranking: np.ndarray, training_counts: np.ndarray) -> Finding:
    """Popularity bias: the mean popularity of the items shown minus that of the next item.

    `ranking` (n, `TOP_K`) has positions in the catalogue; `training_counts` (I,) is how often each
    of the I items was chosen in training. Popularity is an item's percentile in these counts, from
    0 to 1. The interval takes users as independent, not their examples.
    """
    percentile = percentiles(training_counts)
    excess = percentile[ranking].mean(axis=1) - percentile[_next_items(test)]

    user_codes, users = pd.factorize(test.table["entity"])
    measured = means.weighted_mean(excess, np.ones(len(excess)), user_codes, entity_count=len(users))
    assert measured is not None  # the test split has rows
    mean = measured.estimate
    low, high = intervals.hall_limits(mean, 0.95)

    direction = "more" if mean.value > 0 else "less"
    size = f"{abs(mean.value):.1%} of the catalogue's order of popularity"
    return Finding(
        check="evaluate.popularity_bias",
        scorer=name,
        estimate=mean.value,
        low=low,
        high=high,
        n=len(users),
        reason=f"What {_noun(name)} shows is {direction} popular than what the same users chose, by {size}.",
    )


def _measure_genres(rows: pd.DataFrame, seed: int) -> list[Finding]:
    """Return the model's NDCG@10 for each genre of the next item, the lowest first.

    `rows` are the model's predictions. Without genres there are no findings.
    """
    if _GENRE not in rows:
        return []

    slices = {str(genre): (rows[_GENRE] == genre).to_numpy() for genre in sorted(rows[_GENRE].unique())}
    by_genre = Measurement(rows, ["ndcg_at_10"], slices=slices, positive=None, seed=seed).by_group
    worst_first = sorted(by_genre.items(), key=lambda item: item[1].estimate or 0.0)
    return [
        Finding.from_interval(
            "evaluate.genre",
            interval,
            metric="ndcg_at_10",
            slice={"genre": genre},
            reason=f"NDCG@10 is {interval.estimate:.3f} where the next item is {genre}, for {interval.n} users.",
        )
        for (_, genre), interval in worst_first
    ]


def _noun(name: str) -> str:
    return {MODEL: "the model", "rule": "the rule"}.get(name, name)


def _draw_concentration(rankings: Mapping[str, np.ndarray], *, item_count: int) -> Figure:
    """Draw Lorenz curves (Lorenz 1905): the share of all slots that the most-shown items fill.

    `rankings` has an array of item positions for each curve: (n, `TOP_K`) for a scorer, (n, 1) for
    the users' own choices, with n test examples. Each entry of an array is a slot. Unlike in
    Lorenz's drawing, items are sorted from the most to the least shown, so that the curves lie
    above the diagonal.
    """
    figure, axes = figures.blank()
    share_of_catalogue = np.arange(item_count + 1) / item_count
    for name, ranking in rankings.items():
        slots_by_item = np.bincount(ranking.ravel(), minlength=item_count)
        most_shown_first = np.sort(slots_by_item)[::-1]
        share_of_slots = np.append(0, np.cumsum(most_shown_first)) / ranking.size

        (line,) = axes.plot(share_of_catalogue, share_of_slots, label=name)
        if name == _USERS_CHOICES:
            line.set(color="black", linestyle="--")

    example_count = len(rankings[_USERS_CHOICES])
    axes.set(
        title=f"How few items fill the rankings, n = {example_count:,}",
        xlabel="share of the catalogue, the most shown items first",
        ylabel="share of all slots",
    )
    axes.legend(frameon=False, fontsize=8)
    return figure


def _draw_popularity_shares(rankings: Mapping[str, np.ndarray], training_counts: np.ndarray) -> Figure:
    """Draw the share of slots that popular, medium and niche items fill, a stacked bar for each
    ranking.

    `rankings` are arrays of item positions, as in `_draw_concentration`; `training_counts` (I,) is
    how often each item was chosen in training.
    """
    figure, axes = figures.blank()
    band_of_item = popularity_bands(training_counts)
    bar_ends = np.zeros(len(rankings))
    for color, band in zip(figures.PALETTE, POPULARITY, strict=False):
        shares = np.array([np.mean(band_of_item[ranking] == band) for ranking in rankings.values()])
        axes.barh(range(len(rankings)), shares, left=bar_ends, color=color, label=band)
        bar_ends += shares

    axes.set_yticks(range(len(rankings)), labels=list(rankings))
    axes.invert_yaxis()
    axes.set(
        xlim=(0, 1),
        xlabel="share of all slots",
        title="Popular items are those that make up a third of training",
    )
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.15))
    return figure
