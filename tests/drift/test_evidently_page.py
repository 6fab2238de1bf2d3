import re
import socket
from html import escape
from pathlib import Path

import pandas as pd
import pytest

from hallmark.config.stages import Drift
from hallmark.drift import comparison, evidently_page
from hallmark.drift import comparison_windows as windows
from hallmark.drift.comparison import Column
from hallmark.drift.comparison_windows import Family

# Evidently 0.7 imports modules and calls functions that other libraries have deprecated; its warnings are not ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
HOSTILE = "</script><script>alert(1)</script>"
Comparison = tuple[list[Family], list[Column]]
SETTINGS = Drift(alpha=0.05, min_effect_size=0.2, n_permutations=100, max_rows=10_000)


@pytest.fixture
def compared(table: pd.DataFrame, predictions: pd.DataFrame) -> Comparison:
    table["descriptor.thin"] = table["descriptor.contrast"].mask(table.index % 7 == 0) * 1e-4
    table["descriptor.gone"] = table["descriptor.contrast"].mask(table["split"] == "recent")
    table["group.site"] = table["group.site"].where(table["split"] != "recent", HOSTILE)
    table[f"descriptor.{HOSTILE}"] = table["descriptor.contrast"] + (table["split"] == "recent")
    families = windows.column_families(table, predictions, max_rows=10_000, seed=1)
    return families, comparison.compare_columns(families, SETTINGS, seed=1)


def test_our_scores_are_evidentlys(compared: Comparison) -> None:
    families, columns = compared
    scored = [column for column in columns if column.test is not None]
    assert len(scored) == len(columns) - 1
    theirs = evidently_page.evidently_scores(families, scored)
    for column in scored:
        assert column.test is not None
        assert theirs[column.name] == pytest.approx(column.test.score, rel=1e-9)


def test_page_loads_nothing_and_is_the_same_each_time(compared: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: calls.append(address))
    page = evidently_page.render_page(*compared)
    assert calls == []
    assert page == evidently_page.render_page(*compared)
    loads = re.findall(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)\s*=\s*["']?(?!data:)[^>]*>""", page)
    assert loads == []
    assert re.findall(r"""(?:url\(|@import )\s*["']?(?:https?:)?//[^)]*""", page) == []


def test_page_shows_verdicts_and_thresholds_and_runs_no_data(compared: Comparison) -> None:
    families, columns = compared
    page = evidently_page.render_page(families, columns)
    assert HOSTILE not in page and "</script><script>alert" not in page
    assert f"descriptor.{HOSTILE}" in [column.name for column in columns]
    for column in columns:
        assert f"<td>{escape(column.name)}</td>" in page
        if column.test is not None:
            assert f"<td>{column.test.threshold:.3f}</td>" in page


def test_defaults_flag_a_planted_shift(compared: Comparison) -> None:
    (inputs, _), _ = compared
    kept = Family(
        "inputs", inputs.reference, inputs.recent.assign(**{"descriptor.brightness": 9.0}), inputs.numeric[:1], ()
    )
    assert evidently_page.detected_by_default(kept) == ["descriptor.brightness"]


def test_notice_says_why(tmp_path: Path) -> None:
    assert "no rows of split" in evidently_page.render_notice(comparison.unexamined_findings("accuracy")[0])
