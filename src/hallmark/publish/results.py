"""The result table of the README, from the reports that git keeps."""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from hallmark import spreadsheets
from hallmark.command import require
from hallmark.contracts import findings, verdicts
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL
from hallmark.metrics import METRICS
from hallmark.tracking.text import escape

HEAD = ("task", "metric on test", "model", "best simple method", "rule", "worst group", "verdict")
RULE, DESCRIPTORS = "rule", "descriptors"
Scored = dict[Hashable, Any]  # one row of scorers.csv


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table of the rows that `row` made."""
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def row(task: str, reports: Path, params: Path) -> list[str]:
    """Return one task's cells, of which no name is markup. Raises `InputError` where a report is missing."""
    metric = str(OmegaConf.load(require(params, "the composed configuration")).evaluate.headline)
    scorers = spreadsheets.read(require(reports / "evaluate/scorers.csv", "the table of scorers"))
    test, validation = (_by_scorer(scorers, split, metric) for split in ("test", "validation"))
    order = -1 if METRICS[metric].higher_is_better else 1
    simple = min(set(test) - {MODEL, RULE, DESCRIPTORS}, key=lambda name: (order * validation[name]["estimate"], name))
    gaps = [gap for gap in findings.read(reports / "bias/findings.json") if gap.check == "bias.gap"]
    gaps = [gap for gap in gaps if gap.subject.startswith(f"{metric} |")] or gaps  # of one metric: units differ
    verdict = verdicts.read(reports / "gate/verdict.json")
    return [
        escape(task),
        f"{escape(metric.replace('_', ' '))}, n = {test[MODEL]['n']:,}",
        _cell(test[MODEL]),
        f"{escape(simple)} {_cell(test[simple])}",
        f"{test[RULE]['estimate']:.3f}",
        _worst(gaps),
        f"{verdicts.STATUSES[verdict.status]} {verdict.status}",
    ]


def _by_scorer(scorers: pd.DataFrame, split: str, metric: str) -> dict[str, Scored]:
    chosen = scorers[(scorers["split"] == split) & (scorers["metric"] == metric)]
    return {str(scored["scorer"]): scored for scored in chosen.to_dict("records")}


def _cell(measured: Scored) -> str:
    return f"{measured['estimate']:.3f} [{measured['low']:.3f}, {measured['high']:.3f}]"


def _worst(gaps: Sequence[Finding]) -> str:
    """The group that can least be cleared: the lowest lower limit of its gap to the rest."""
    known = [gap for gap in gaps if gap.low is not None]
    if not known:
        return "not judged"
    worst = min(known, key=lambda gap: gap.low or 0.0)
    return f"{escape(worst.subject.replace(' | ', ', ', 1))}: {verdicts.interval(worst)}"
