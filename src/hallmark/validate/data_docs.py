"""Data Docs: Great Expectations' own page of results, as one file that opens anywhere and calls nobody.

Great Expectations describes a page and brings the templates for its parts; its own page loads styles and scripts from
five content networks, and puts values of the data into the HTML as they are. So the page around the parts is ours,
with the few styles that they need inside, and every text of the data is passed through as harmless characters.

There are two pages: one of counts and shares, which may be shown to anybody, and one in the folder `examples` with ids
and values of single examples, which may be a person's.
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
from hallmark.validate.expectations import plain
from hallmark.validate.outcomes import Outcome

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
# What HTML gives a meaning to, as characters of the private use area, which no template touches, and as escapes.
_HARMLESS = {character: chr(0xE000 + place) for place, character in enumerate("<>&\"'$")}
_ESCAPED = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&#39;", "$": "$"}
_IN, _OUT = str.maketrans(_HARMLESS), str.maketrans({_HARMLESS[c]: _ESCAPED[c] for c in _HARMLESS})


def write(outcomes: list[Outcome], folder: Path, *, title: str) -> None:
    """Write the page of counts, `index.html`, into `folder`, and that with single examples into `folder`/examples."""
    pages = {folder: False, folder / EXAMPLES: True}
    for place, shows_examples in pages.items():
        place.mkdir(parents=True, exist_ok=True)
        page = html(outcomes, title=title, shows_examples=shows_examples)
        (place / "index.html").write_text(page, encoding="utf-8")


def html(outcomes: list[Outcome], *, title: str, shows_examples: bool) -> str:
    """Return the page, the same for the same outcomes: no time and no random name is in it.

    It has every expectation by column, what was observed, and how much was not expected; what that is, only where it
    `shows_examples`.
    """
    outcomes = outcomes if shows_examples else [outcome.public for outcome in outcomes]
    failed = [outcome.why_with_example for outcome in outcomes if not outcome.passed]
    note = "with single examples" if shows_examples else "without single examples, which examples/index.html shows"
    results = ExpectationSuiteValidationResult(
        success=not failed,
        results=[_result(outcome, shows_examples=shows_examples) for outcome in outcomes],
        suite_name="examples",
        statistics=_NO_STATISTICS,
    )
    _, *sections = ValidationResultsPageRenderer().render(results).sections  # the first is an overview: ours says more
    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), view.env.loader])
    page: str = view.render(
        RenderedDocumentContent(sections=sections),
        template="data_docs.j2",
        **_harmless({"title": title, "note": note, "count": len(outcomes), "failed": failed}),
    )
    return page.translate(_OUT)


def _result(outcome: Outcome, *, shows_examples: bool) -> ExpectationValidationResult:
    """Return Great Expectations' result with harmless texts, and without the traces that name the machine's folders."""
    configuration = outcome.result.expectation_config
    seen = [f"{value} at {where}" if where else f"{value}" for where, value in outcome.examples]
    result = plain(outcome.result.result)
    if not shows_examples:  # neither what this version of Great Expectations lists of rows, nor what another one may
        result = {name: result[name] for name in _COUNTS if name in result} | {"observed_value": outcome.observed}
    found = {**result, "partial_unexpected_counts": None, "partial_unexpected_list": seen}
    if outcome.unexpected is not None:  # expectations about sets of values leave these out, and then cannot be shown
        share = 100 * outcome.unexpected / outcome.n if outcome.n else 0.0
        found = {"element_count": outcome.n, "unexpected_percent": share, **found}
    hidden = ("batch_id", "meta", "row_condition")  # the last names aliases of columns; the rule says it in words
    return ExpectationValidationResult(
        success=outcome.passed,
        expectation_config=ExpectationConfiguration(
            type=configuration.type,
            kwargs=_harmless({k: v for k, v in plain(configuration.kwargs).items() if k not in hidden}),
            meta={},
            notes=_harmless(outcome.check.rule),
            severity=configuration.severity,
        ),
        result=_harmless(found),
        exception_info={
            "raised_exception": bool(outcome.trouble),
            "exception_message": _harmless(outcome.trouble),
            "exception_traceback": "",
        },
    )


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_IN)
    if isinstance(value, dict):
        return {_harmless(key): _harmless(inner) for key, inner in value.items()}
    return [_harmless(inner) for inner in value] if isinstance(value, list) else value
