"""README's table: whatever names the reports hold, a row has its cells, and no name is markup or a link."""

import re
from pathlib import Path

import pandas as pd
import small_task

from hallmark import spreadsheets
from hallmark.contracts import findings, verdicts
from hallmark.contracts.findings import Finding
from hallmark.evaluate.measuring import COLUMNS
from hallmark.publish import results
from hallmark.tracking.text import escape

NASTY = (
    "| x | [a](http://b.c) ![i](x) <img src=x> <!-- `c` **d** _e_ ~f~ $g$ www.evil.com https://evil.com\n# h \x1b[31m"
)


def write_reports(folder: Path, *, method: str, member: str) -> None:
    rows = [
        (scorer, split, "accuracy", 0.9, 0.8, 0.95, 40, 80)
        for scorer in ("model", "rule", "descriptors", method)
        for split in ("test", "validation")
    ]
    spreadsheets.write(pd.DataFrame(rows, columns=list(COLUMNS)), folder / "evaluate/scorers.csv")
    findings.write(
        [Finding("bias.gap", 5, f"accuracy | {member}", -0.1, -0.2, 0.0, n=9)], folder / "bias/findings.json"
    )


def test_no_name_is_markup_in_the_table(tmp_path: Path) -> None:
    write_reports(tmp_path, method=f"=1+1 {NASTY}", member=f"site={NASTY}")
    small_task.write_task(tmp_path / "other")
    verdicts.write(small_task.write_verdict(tmp_path / "other"), tmp_path / "gate/verdict.json")
    (tmp_path / "params.yaml").write_text("evaluate: {headline: accuracy}\n", encoding="utf-8")
    row = results.row("small", tmp_path, tmp_path / "params.yaml")
    lines = results.table([row]).split("\n")

    assert [len(re.split(r"(?<!\\)\|", line)) for line in lines] == [len(results.HEAD) + 2] * 3
    text = lines[2].replace("[0.800, 0.950]", "").replace("[-0.2, 0]", "")
    assert not re.search(r"(?<!\\)[\[`*_~$!]", text)
    assert not re.search(r"<|://|(?<!\\)www\.|\x1b", text.replace(r"\://", ""))
    assert "=1+1" in text  # as it was written, without the apostrophe of the CSV file


def test_a_bare_address_is_no_link() -> None:
    assert escape("see http://a.b, www.c.d") == r"see http\://a.b, www\.c.d"
    assert escape("a: b, w.w.w") == "a: b, w.w.w"
