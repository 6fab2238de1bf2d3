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
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL, of
from hallmark.figures import ReportFigure
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import intervals, means
from hallmark.systems.recommendation.reading import POPULARITY, percentiles, popularity_bands
from hallmark.systems.system import Diagnosis, DiagnosticData

_CHOSEN = "chosen by users"
_GENRE = "group.genre"


def diagnose(shown: DiagnosticData, settings: Section) -> Diagnosis:  # noqa: ARG001 (there is nothing to choose)
    """Return coverage and popularity bias of every scorer on the test split, their two figures, and the model's NDCG@10
    for each genre of the next item.
    """
    test = shown.examples["test"]
    lists = {name: top_items(np.asarray(outputs["logits"])) for name, outputs in shown.outputs.items()}
    counts = np.asarray(test.encoding["training_counts"])
    found = [_coverage(test, name, items) for name, items in lists.items()]
    found += [_bias(test, name, items, counts) for name, items in lists.items()]
    found += _genres(of(shown.predictions), shown.seed)
    chosen = np.asarray(test.arrays["target.item"])[:, None] - 1
    everything = {_CHOSEN: chosen, **lists}
    concentration = _concentration(everything, len(counts))
    shares = _shares(everything, counts)
    drawn = [
        ReportFigure(name="coverage", question=5, title="coverage", drawing=concentration),
        ReportFigure(name="popularity", question=5, title="popularity", drawing=shares),
    ]
    return Diagnosis(found, drawn)


def _coverage(test: Examples, name: str, items: np.ndarray) -> Finding:
    """The number of different items is no mean, so that it has no interval."""
    catalogue, different = len(test.encoding["items"]), len(np.unique(items))
    said = f"{_told(name)} shows {different:,} of the {catalogue:,} items to somebody among the first {TOP_K}"
    return Finding(
        check="evaluate.coverage",
        scorer=name,
        estimate=different / catalogue,
        n=test.table["entity"].nunique(),
        reason=f"{said}, in {len(test):,} rankings.",
    )


def _bias(test: Examples, name: str, items: np.ndarray, counts: np.ndarray) -> Finding:
    """How much more popular, in percentiles of the catalogue, what is shown is than what the same user chose."""
    percentile = percentiles(counts)
    excess = percentile[items].mean(axis=1) - percentile[np.asarray(test.arrays["target.item"]) - 1]
    codes, users = pd.factorize(test.table["entity"])
    measured = means.weighted_mean(excess, np.ones(len(excess)), codes, size=len(users))
    assert measured is not None  # the test split has rows
    mean = measured.estimate
    low, high = intervals.hall_limits(mean, 0.95)
    size = f"{abs(mean.value):.1%} of the catalogue's order of popularity"
    said = f"What {_told(name)} shows is {'more' if mean.value > 0 else 'less'} popular than what the same users chose"
    return Finding(
        check="evaluate.popularity_bias",
        scorer=name,
        estimate=mean.value,
        low=low,
        high=high,
        n=len(users),
        reason=f"{said}, by {size}.",
    )


def _genres(rows: pd.DataFrame, seed: int) -> list[Finding]:
    """The model on each genre, the worst served first; nothing where the items have none."""
    if _GENRE not in rows:
        return []
    members = {str(genre): (rows[_GENRE] == genre).to_numpy() for genre in sorted(rows[_GENRE].unique())}
    measured = Measurement(rows, ["ndcg_at_10"], slices=members, positive=None, seed=seed).by_group
    ranked = sorted(measured.items(), key=lambda item: item[1].estimate or 0.0)
    return [
        Finding.from_interval(
            "evaluate.genre",
            interval,
            metric="ndcg_at_10",
            slice={"genre": genre},
            reason=f"NDCG@10 is {interval.estimate:.3f} where the next item is {genre}, for {interval.n} users.",
        )
        for (_, genre), interval in ranked
    ]


def _told(name: str) -> str:
    return {MODEL: "the model", "rule": "the rule"}.get(name, name)


def _concentration(lists: Mapping[str, np.ndarray], catalogue: int) -> Figure:
    """How few items make up how much of what is shown (Lorenz 1905)."""
    figure, axes = figures.blank()
    share = np.arange(catalogue + 1) / catalogue
    for name, items in lists.items():
        often = np.sort(np.bincount(items.ravel(), minlength=catalogue))[::-1]
        (line,) = axes.plot(share, np.append(0, np.cumsum(often)) / often.sum(), label=name)
        if name == _CHOSEN:
            line.set(color="black", linestyle="--")
    axes.set(
        title=f"How few items fill the rankings, n = {len(next(iter(lists.values()))):,}",
        xlabel="share of the catalogue, the most shown items first",
        ylabel="share of all places",
    )
    axes.legend(frameon=False, fontsize=8)
    return figure


def _shares(lists: Mapping[str, np.ndarray], counts: np.ndarray) -> Figure:
    """Which share of the places goes to popular, medium and niche items."""
    figure, axes = figures.blank()
    band = popularity_bands(counts)
    left = np.zeros(len(lists))
    for number, name in enumerate(POPULARITY):
        width = np.array([np.mean(band[items] == name) for items in lists.values()])
        axes.barh(range(len(lists)), width, left=left, color=figures.PALETTE[number], label=name)
        left += width
    axes.set_yticks(range(len(lists)), labels=list(lists))
    axes.invert_yaxis()
    axes.set(
        xlim=(0, 1), xlabel="share of all places", title="Popular items are those that make up a third of training"
    )
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.15))
    return figure
