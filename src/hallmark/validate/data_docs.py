"""Data Docs: Great Expectations' page of results, as one HTML file that needs no network.

Great Expectations brings templates for the parts of a page. But its own page loads styles and
scripts from five content networks, and inserts values of the data without escaping them. So the
page around the parts is ours, with the styles inside, and every text of the data is escaped.

There are two pages: one of counts and shares, which may be shown to anybody, and one in the folder
`examples` with ids and values of single examples, which may be a person's.
"""

from pathlib import Path
from typing import Any

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render import RenderedDocumentContent
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, FileSystemLoader

from hallmark.tracking.disclosure import EXAMPLES
from hallmark.validate.check_results import CheckResult
from hallmark.validate.validation_run import to_json_types

_NO_STATISTICS = dict.fromkeys(
    ("evaluated_expectations", "successful_expectations", "unsuccessful_expectations", "success_percent"), 0
)
_COUNTS = (
    "element_count",
    "unexpected_count",
    "unexpected_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
    "missing_count",
    "missing_percent",
)
_TEMPLATES = Path(__file__).parent / "templates"
# The last names aliases; the rule has it in words.
_HIDDEN_ARGUMENTS = ("batch_id", "meta", "row_condition")
# Characters with a meaning in HTML or templates are replaced by private ones, which no template
# changes, before the page is rendered, and by escapes afterwards.
_PRIVATE = {character: chr(0xE000 + place) for place, character in enumerate("<>&\"'$")}
_ESCAPES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&#39;", "$": "$"}
_TO_PRIVATE = str.maketrans(_PRIVATE)
_TO_ESCAPES = str.maketrans({private: _ESCAPES[character] for character, private in _PRIVATE.items()})


def write_pages(results: list[CheckResult], folder: Path, *, title: str) -> None:
    """Write the page of counts as `folder`/index.html, and that with examples into `folder`/examples."""
    pages = {folder: False, folder / EXAMPLES: True}
    for page_folder, shows_examples in pages.items():
        page_folder.mkdir(parents=True, exist_ok=True)
        page = render_page(results, title=title, shows_examples=shows_examples)
        (page_folder / "index.html").write_text(page, encoding="utf-8")


def render_page(results: list[CheckResult], *, title: str, shows_examples: bool) -> str:
    """Return the page as HTML, always the same for the same results: it has no time and no random name.

    It has every expectation by column, with the observed value and the count of unexpected values,
    and with `shows_examples` the first of these values.
    """
    if not shows_examples:
        results = [result.public for result in results]
    failures = [
        {"severity": result.check.severity, "sentence": result.sentence_with_example}
        for result in results
        if not result.passed
    ]
    note = "with single examples" if shows_examples else "without single examples, which examples/index.html shows"
    in_database = [result.name for result in results if result.engine == "DuckDB" and result.check.is_own]
    not_in_database = [f"{result.name} ({result.check.type})" for result in results if result.not_in_database]
    lesser = {
        severity: [
            f"{result.name} {'✓' if result.passed else '✗'}" for result in results if result.check.severity == severity
        ]
        for severity in ("warning", "info")
    }

    sections: list[Any] = []
    headings: dict[int, str] = {}  # by the number of the section below it, from 1
    for table in dict.fromkeys(result.table for result in results):
        headings[len(sections) + 1] = f"Raw table {table}, as it came" if table else "Prepared examples"
        of_table = [result for result in results if result.table == table]
        sections += _sections(of_table, table, shows_examples=shows_examples)

    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), view.env.loader])
    page: str = view.render(
        RenderedDocumentContent(sections=sections),
        template="data_docs.j2",
        headings=headings,
        **_harmless(
            {
                "title": title,
                "note": note,
                "count": len(results),
                "failed": failures,
                "in_database": in_database,
                "not_in_database": not_in_database,
                "lesser": lesser,
            }
        ),
    )
    return page.translate(_TO_ESCAPES)


def _sections(results: list[CheckResult], table: str, *, shows_examples: bool) -> list[Any]:
    """Return Great Expectations' sections of the results about one table, a section for each column."""
    suite_result = ExpectationSuiteValidationResult(
        success=all(result.passed for result in results),
        results=[_rendered_result(result, shows_examples=shows_examples) for result in results],
        suite_name=table or "examples",
        statistics=_NO_STATISTICS,
    )
    document = ValidationResultsPageRenderer().render(suite_result)
    _, *sections = document.sections  # the first is an overview: ours says more
    return list(sections)


def _rendered_result(result: CheckResult, *, shows_examples: bool) -> ExpectationValidationResult:
    """Return Great Expectations' result with escaped texts, and without tracebacks, which name folders."""
    configuration = result.result.expectation_config
    arguments = to_json_types(configuration.kwargs)
    shown_arguments = {name: value for name, value in arguments.items() if name not in _HIDDEN_ARGUMENTS}
    return ExpectationValidationResult(
        success=result.passed,
        expectation_config=ExpectationConfiguration(
            type=configuration.type,
            kwargs=_harmless(shown_arguments),
            meta={},
            notes=_harmless(result.check.rule),
            severity=configuration.severity,
        ),
        result=_harmless(_report(result, shows_examples=shows_examples)),
        exception_info={
            "raised_exception": bool(result.error),
            "exception_message": _harmless(result.error),
            "exception_traceback": "",
        },
    )


def _report(result: CheckResult, *, shows_examples: bool) -> dict[str, Any]:
    """Return the part of a result that the templates show: counts, shares, the observed value, examples."""
    report: dict[str, Any] = to_json_types(result.result.result)
    # An allowlist, since other versions of Great Expectations may list more of the rows.
    if not shows_examples:
        report = {name: report[name] for name in _COUNTS if name in report}
        report["observed_value"] = result.observed

    examples = [f"{value} at {where}" if where else f"{value}" for where, value in result.examples]
    report |= {"partial_unexpected_counts": None, "partial_unexpected_list": examples}

    # The templates need these, which expectations about sets of values lack.
    if result.n_unexpected is not None:
        percent = 100 * result.n_unexpected / result.n if result.n else 0.0
        report = {"element_count": result.n, "unexpected_percent": percent, **report}
    return report


def _harmless(value: Any) -> Any:
    """Return a value whose texts, nested ones included, have no character with a meaning in HTML.

    `render_page` turns the private characters into escapes at the end.
    """
    if isinstance(value, str):
        return value.translate(_TO_PRIVATE)
    if isinstance(value, dict):
        return {_harmless(key): _harmless(inner) for key, inner in value.items()}
    return [_harmless(inner) for inner in value] if isinstance(value, list) else value
