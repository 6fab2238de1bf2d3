import re
import socket
from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd
import pytest

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.drift import comparison, drift_page, evidently_reports, own_metrics, preset_tables, snapshots
from hallmark.drift.evidently_reports import Part

# Evidently 0.7 imports modules and calls functions that other libraries have deprecated; its warnings are not ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
HOSTILE = "</script><script>alert(1)</script>"
CHANGE = Finding(check="drift.error", metric="accuracy", estimate=0.01, low=-0.02, high=0.04, n=40)
NO_TESTS = [Finding(check="drift.test", verdict="not applicable", reason="none")]
Comparison = tuple[list[Any], list[Any]]


@pytest.fixture
def hostile(
    table: pd.DataFrame, predictions: pd.DataFrame, compare: Callable[..., Comparison]
) -> tuple[Comparison, preset_tables.PresetTable]:
    """Hostile names and values wherever a person's data can bring them: columns, groups, labels, predictions, texts."""
    table["descriptor.thin"] = table["descriptor.contrast"].mask(table.index % 7 == 0) * 1e-4
    table["descriptor.gone"] = table["descriptor.contrast"].mask(table["split"] == "recent")
    table["group.site"] = table["group.site"].where(table["split"] != "recent", HOSTILE)
    table[f"descriptor.{HOSTILE}"] = table["descriptor.contrast"] + (table["split"] == "recent")
    table["text"] = f"{HOSTILE} in a text."
    for each in (table, predictions):
        each["label"] = each["label"].replace("dog", HOSTILE)
    predictions["prediction"] = predictions["prediction"].replace("dog", HOSTILE)

    examples = Examples(table, {}, ("cat", HOSTILE))
    presets = preset_tables.preset_table(examples, predictions, positive=HOSTILE, max_rows=1000, seed=1)
    return compare(table, predictions), presets


def page_of(compared: Comparison, presets: preset_tables.PresetTable) -> str:
    families, columns = compared
    scored = [column for column in columns if column.test is not None]
    descriptors = {HOSTILE: component("evidently.descriptors.TextLength", column_name="text")}
    metrics = {HOSTILE: component("evidently.metrics.MeanValue", column=f"descriptor.{HOSTILE}")}
    own = own_metrics.measure(presets, descriptors=descriptors, metrics=metrics, task="pets")
    parts = [
        Part("Distributions", "", evidently_reports.drift_snapshot(families, scored)),
        *evidently_reports.preset_parts(presets, None),
        *own.parts,
    ]
    snapshot = snapshots.join_parts(parts, name="pets", metadata={"window": HOSTILE}, tags=[], window_end=None)
    return drift_page.render_page(columns, CHANGE, NO_TESTS, snapshot)


def component(target: str, **arguments: Any) -> Any:
    from hallmark.config.component import Component

    return Component.model_validate({"_target_": target, **arguments})


@pytest.mark.slow
def test_page_loads_nothing_is_the_same_each_time_and_runs_no_data(
    hostile: tuple[Comparison, preset_tables.PresetTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: calls.append(address))
    page = page_of(*hostile)
    assert calls == []
    assert page == page_of(*hostile)

    loads = re.findall(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)\s*=\s*["']?(?!data:)[^>]*>""", page)
    assert loads == []
    assert re.findall(r"""(?:url\(|@import )\s*["']?(?:https?:)?//[^)]*""", page) == []

    for heading in ("Quality of the model", "Every column in numbers", "Texts", "Your metric"):
        assert heading in page
    assert HOSTILE not in page
    assert "</script><script>alert" not in page
    assert page.count("(/script)(script)alert(1)(/script)") > 20  # in every part

    (_, columns), _ = hostile
    for column in columns:
        assert f">{escape(column.name)}</td>" in page
        if column.test is not None:
            assert f">{column.test.threshold:.3f}</td>" in page


def test_headline_says_what_alarms_and_the_table_begins_with_it(
    table: pd.DataFrame, predictions: pd.DataFrame, compare: Callable[..., Comparison]
) -> None:
    table.loc[table["split"] == "recent", "descriptor.contrast"] += 1
    families, columns = compare(table, predictions)
    snapshot = evidently_reports.drift_snapshot(families, columns)
    test = Finding(check="drift.test", case="ink", verdict="fail", reason="Mean is 3, not 2.")
    page = drift_page.render_page(columns, CHANGE, [test], snapshot)

    shift = next(column.finding.estimate for column in columns if column.name == "descriptor.contrast")
    n = len(columns)
    lead = page[page.index('<p class="lead">') : page.index("</p>", page.index('<p class="lead">'))]
    assert f"1 of {n} columns alarms" in lead
    assert f"<b>descriptor.contrast</b> ({shift:+.2f} sd)" in lead
    assert page.index(">descriptor.contrast</td>") < page.index(">descriptor.brightness</td>")
    assert "<b>+0.01</b> (-0.02 … +0.04)" in page
    assert "Own test ink: " in page and "Mean is 3, not 2." in page


def test_notice_says_why() -> None:
    assert "no rows of split" in drift_page.render_notice(comparison.unexamined_findings("accuracy")[0])
