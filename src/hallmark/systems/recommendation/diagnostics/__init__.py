"""What only a recommender can be asked: how much of the catalogue it shows to anybody, and whether it shows what is
popular rather than what is chosen.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hallmark import figures
from hallmark.answers.next_item.decoding import TOP_K, top_items
from hallmark.config.section import Section
from hallmark.contracts.examples import GROUP, Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, of
from hallmark.figures import ReportFigure
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import intervals, means
from hallmark.systems.recommendation.reading import POPULARITY, percentiles, popularity_bands
from hallmark.systems.system import Diagnosis, DiagnosticData

_CHOSEN = "chosen by users"
_GENRE = GROUP + "genre"


def diagnose(data: DiagnosticData, settings: Section) -> Diagnosis:  # noqa: ARG001 (there is nothing to choose)
    """Return coverage and popularity bias of every scorer on the test split, their two figures, and the model's NDCG@10
    for each genre of the next item.
    """
    test = data.examples["test"]
    rankings = {name: top_items(np.asarray(outputs["logits"])) for name, outputs in data.outputs.items()}
    training_counts = np.asarray(test.encoding["training_counts"])

    findings = [_measure_coverage(test, name, items) for name, items in rankings.items()]
    findings += [_measure_popularity_bias(test, name, items, training_counts) for name, items in rankings.items()]
    findings += _measure_genres(of(data.predictions), data.seed)

    chosen = np.asarray(test.arrays["target.item"])[:, None] - 1
    rankings = {_CHOSEN: chosen, **rankings}
    concentration = _draw_concentration(rankings, len(training_counts))
    popularity_shares = _draw_popularity_shares(rankings, training_counts)
    return Diagnosis(
        findings,
        [
            ReportFigure(name="coverage", question=5, title="coverage", drawing=concentration),
            ReportFigure(name="popularity", question=5, title="popularity", drawing=popularity_shares),
        ],
    )


def _measure_coverage(test: Examples, name: str, items: np.ndarray) -> Finding:
    """Catalogue coverage: the share of all items that a scorer's rankings `items` (n, `TOP_K`) show to anybody.

    It is no mean, so that it has no interval.
    """
    catalogue = len(test.encoding["items"])
    different = len(np.unique(items))
    reason = (
        f"{_noun(name)} shows {different:,} of the {catalogue:,} items to somebody among the first {TOP_K}, "
        f"in {len(test):,} rankings."
    )
    return Finding(
        check="evaluate.coverage",
        scorer=name,
        estimate=different / catalogue,
        n=test.table["entity"].nunique(),
        reason=reason,
    )


def _measure_popularity_bias(test: Examples, name: str, items: np.ndarray, training_counts: np.ndarray) -> Finding:
    """Popularity bias: how much more popular what is shown is than what the same user chose.

    In percentiles of the catalogue, ordered by `training_counts` (I,), how often an item was chosen in training.
    """
    percentile = percentiles(training_counts)
    excess = percentile[items].mean(axis=1) - percentile[np.asarray(test.arrays["target.item"]) - 1]
    codes, users = pd.factorize(test.table["entity"])
    measured = means.weighted_mean(excess, np.ones(len(excess)), codes, size=len(users))
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
    """Return the model's NDCG@10 on each genre of the next item, the worst first; nothing where items have no genre."""
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


def _draw_concentration(rankings: Mapping[str, np.ndarray], catalogue: int) -> Figure:
    """Draw Lorenz curves: how few items make up how much of what is shown (Lorenz 1905)."""
    figure, axes = figures.blank()
    share_of_catalogue = np.arange(catalogue + 1) / catalogue
    for name, items in rankings.items():
        counts = np.sort(np.bincount(items.ravel(), minlength=catalogue))[::-1]
        share_of_places = np.append(0, np.cumsum(counts)) / counts.sum()
        (line,) = axes.plot(share_of_catalogue, share_of_places, label=name)
        if name == _CHOSEN:
            line.set(color="black", linestyle="--")

    axes.set(
        title=f"How few items fill the rankings, n = {len(rankings[_CHOSEN]):,}",
        xlabel="share of the catalogue, the most shown items first",
        ylabel="share of all places",
    )
    axes.legend(frameon=False, fontsize=8)
    return figure


def _draw_popularity_shares(rankings: Mapping[str, np.ndarray], training_counts: np.ndarray) -> Figure:
    """Draw which share of the places goes to popular, medium and niche items."""
    figure, axes = figures.blank()
    band = popularity_bands(training_counts)
    left = np.zeros(len(rankings))
    for number, name in enumerate(POPULARITY):
        width = np.array([np.mean(band[items] == name) for items in rankings.values()])
        axes.barh(range(len(rankings)), width, left=left, color=figures.PALETTE[number], label=name)
        left += width

    axes.set_yticks(range(len(rankings)), labels=list(rankings))
    axes.invert_yaxis()
    axes.set(
        xlim=(0, 1), xlabel="share of all places", title="Popular items are those that make up a third of training"
    )
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.15))
    return figure
