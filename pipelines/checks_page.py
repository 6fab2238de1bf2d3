"""The registry of checks → docs/checks.md."""

from pathlib import Path

from hallmark.contracts.checks import CHECKS, Check

PAGE = Path("docs/checks.md")
_HEADER = ("check", "question", "a finding of it is about", "fields", "unit", "better", "systems")
_INTRODUCTION = """# Checks

Every finding is of one of these checks. A requirement of the gate names one, or all of a stage (`validate.*`), and
selects by the fields (`docs/promotion.md`). The question is the one of the model card that the finding answers.
This page is written by `python -m pipelines.checks_page`; a test compares it with the code.
"""


def render() -> str:
    """Return the page as Markdown: a row for each check, in the order of the registry."""
    rows = [_HEADER, ["---"] * len(_HEADER), *(_row(check) for check in CHECKS.values())]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{_INTRODUCTION}\n{table}\n"


def _row(check: Check) -> list[str]:
    other_questions = [f"{question} for {metric}" for metric, question in check.question_by_metric.items()]
    return [
        f"`{check.name}`",
        ", ".join([str(check.question), *other_questions]),
        check.about,
        ", ".join(f"`{name}`" for name in check.fields) or "none",
        check.unit,
        check.better,
        ", ".join(sorted(check.systems)) if check.systems is not None else "all",
    ]


def main() -> None:
    PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
