"""The table that the gate prints."""

from io import StringIO

from rich.console import Console

from hallmark.contracts.findings import Finding
from hallmark.gate.deciding import Requirement, decide
from hallmark.gate.table import headline, table

FOUND = [
    Finding("evaluate.metric", 5, "accuracy", 0.93, 0.91, 0.95, n=1200),
    *(Finding("bias.gap", 5, f"accuracy | site=[b]{i}[/b]", 0.0, -0.01, 0.01, n=40) for i in range(9)),
]


def printed(requirements):
    verdict = decide(FOUND, requirements, {})
    stream = StringIO()
    Console(file=stream, width=160).print(table(verdict), headline(verdict), sep="\n")
    return stream.getvalue()


def test_every_verdict_has_a_symbol_and_a_word():
    text = printed(
        {
            "met": Requirement("evaluate.metric", at_least=0.9),
            "unsure": Requirement("evaluate.metric", at_least=0.92),
            "missed": Requirement("evaluate.metric", at_least=0.99),
            "nothing": Requirement("drift.column"),
        }
    )
    for words in (
        "✓ pass",
        "? unresolved",
        "✗ fail",
        "0.93 [0.91, 0.95]",
        "1,200",
        "needs review, ~",
        "✗ blocked: ",
    ):
        assert words in text
    assert "no finding matches" in text


def test_what_is_met_is_shown_in_part_and_markup_in_data_is_text():
    text = printed({"gap": Requirement("bias.gap", at_least=-0.1)})
    assert "… 6 more met" in text
    assert "site=[b]0[/b]" in text
    assert "✓ eligible: all 9 judged findings meet their requirements" in text


def test_what_does_not_apply_is_said_with_its_reason():
    labelless = Finding("evaluate.recall", 5, "every label", verdict="not applicable", why="There are no labels.")
    asked = {
        "met": Requirement("evaluate.metric", at_least=0.9),
        "recall": Requirement("evaluate.recall", at_least=0.1),
    }
    verdict = decide([*FOUND, labelless], asked, {})
    stream = StringIO()
    Console(file=stream, width=160).print(table(verdict), headline(verdict), sep="\n")
    assert "○ not applicable" in stream.getvalue() and "There are no labels." in stream.getvalue()
    assert "✓ eligible: all 1 judged findings meet their requirements" in stream.getvalue()
