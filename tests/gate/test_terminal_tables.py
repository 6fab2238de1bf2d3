"""The table that the gate prints."""

from io import StringIO

from rich.console import Console

from hallmark.config.stages import Requirement
from hallmark.contracts.findings import Finding
from hallmark.gate.judgements import decide
from hallmark.gate.terminal_tables import headline, verdict_table

FOUND = [
    Finding(check="evaluate.metric", metric="accuracy", estimate=0.93, low=0.91, high=0.95, n=1200),
    *(
        Finding(
            check="bias.gap", metric="accuracy", slice={"site": f"[b]{i}[/b]"}, estimate=0, low=-0.01, high=0.01, n=40
        )
        for i in range(9)
    ),
]


def printed(requirements: dict[str, Requirement]) -> str:
    verdict = decide(FOUND, requirements, {})
    stream = StringIO()
    Console(file=stream, width=160).print(verdict_table(verdict), headline(verdict), sep="\n")
    return stream.getvalue()


def test_every_verdict_has_a_symbol_and_a_word() -> None:
    text = printed(
        {
            "met": Requirement(check="evaluate.metric", at_least=0.9),
            "unsure": Requirement(check="evaluate.metric", at_least=0.92),
            "missed": Requirement(check="evaluate.metric", at_least=0.99),
            "nothing": Requirement(check="drift.column"),
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

    assert "is selected by drift.column" in text


def test_what_is_met_is_shown_in_part_and_markup_in_data_is_text() -> None:
    text = printed({"gap": Requirement(check="bias.gap", at_least=-0.1)})
    assert "… 6 more met" in text
    assert "site=[b]0[/b]" in text
    assert "✓ eligible: all 9 judged findings meet their requirements" in text


def test_what_does_not_apply_is_said_with_its_reason() -> None:
    labelless = Finding(check="evaluate.recall", verdict="not applicable", reason="There are no labels.")
    asked = {
        "met": Requirement(check="evaluate.metric", at_least=0.9),
        "recall": Requirement(check="evaluate.recall", at_least=0.1),
    }
    verdict = decide([*FOUND, labelless], asked, {})
    stream = StringIO()
    Console(file=stream, width=160).print(verdict_table(verdict), headline(verdict), sep="\n")

    assert "○ not applicable" in stream.getvalue() and "There are no labels." in stream.getvalue()
    assert "✓ eligible: all 1 judged findings meet their requirements" in stream.getvalue()
