"""README's table: whatever names the reports hold, a row has its cells, and no name is markup or a link."""

import re
from pathlib import Path

from hallmark.contracts import summaries
from hallmark.contracts.findings import Finding
from hallmark.contracts.summaries import Level, Reason, Summary
from hallmark.layout import Layout
from hallmark.publish import results_table
from hallmark.tracking.markdown import escape

NASTY = (
    "| x | [a](http://b.c) ![i](x) <img src=x> <!-- `c` **d** _e_ ~f~ $g$ www.evil.com https://evil.com\n# h \x1b[31m"
)


def write_reports(folder: Path, *, method: str, site: str) -> None:
    gap = Finding(check="bias.gap", metric="accuracy", slice={"site": site}, estimate=-0.1, low=-0.2, high=0.0, n=9)
    summary = Summary(
        task="small",
        metric="accuracy",
        model=level("model"),
        best_simple_method=level(method),
        rule=level("rule"),
        worst_gap=gap,
        status="eligible",
        reasons=(Reason(requirement="gaps", finding=gap, further=0),),
    )

    summaries.write(summary, folder / "gate/summary.json")


def level(scorer: str) -> Level:
    return Level(scorer=scorer, estimate=0.9, low=0.8, high=0.95, n=40)


def test_a_row_shows_the_summary(tmp_path: Path) -> None:
    write_reports(Layout("small", tmp_path).reports, method="boosted trees", site="north")

    assert results_table.results_row(Layout("small", tmp_path)) == [
        "small",
        "accuracy, n = 40",
        "0.900 [0.800, 0.950]",
        "boosted trees 0.900 [0.800, 0.950]",
        "0.900",
        "accuracy, site=north: -0.1 [-0.2, 0]",
        "✓ eligible",
        "1 judged finding meets its requirement",
    ]


def test_no_name_is_markup_in_the_table(tmp_path: Path) -> None:
    write_reports(Layout("small", tmp_path).reports, method=f"=1+1 {NASTY}", site=NASTY)
    row = results_table.results_row(Layout("small", tmp_path))
    lines = results_table.results_table([row]).split("\n")

    assert [len(re.split(r"(?<!\\)\|", line)) for line in lines] == [len(results_table.HEADER) + 2] * 3
    text = lines[2].replace("[0.800, 0.950]", "").replace("[-0.2, 0]", "")
    assert not re.search(r"(?<!\\)[\[`*_~$!]", text)
    assert not re.search(r"<|://|(?<!\\)www\.|\x1b", text.replace(r"\://", ""))
    assert "=1+1" in text


def test_a_bare_address_is_no_link() -> None:
    assert escape("see http://a.b, www.c.d") == r"see http\://a.b, www\.c.d"
    assert escape("a: b, w.w.w") == "a: b, w.w.w"
