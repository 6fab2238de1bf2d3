"""The page of results: it opens anywhere, calls nobody, and shows hostile values as what they are."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from hallmark.contracts.examples import Examples

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]
HOSTILE = "<script>alert(1)</script>&amp;\"'><img src=x onerror=alert(2)>${template}$PARAMETER{{7*7}}"


class Page(HTMLParser):
    """Collects the tags, their attributes and the text that a reader sees."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data if self.lasttag != "style" else ""


def page(examples: Examples, check: Any, folder: Path, **changed: Any) -> str:
    """The page with single examples."""
    return pages(examples, check, folder, **changed)[1]


def pages(examples: Examples, check: Any, folder: Path, **changed: Any) -> tuple[str, str]:
    """The page without single examples, and that with them."""
    check(examples, **changed).write_data_docs(folder, title="image")
    written = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert sorted(written) == ["examples/index.html", "index.html"]
    public, with_examples = (folder / name for name in sorted(written, reverse=True))
    return public.read_text(encoding="utf-8"), with_examples.read_text(encoding="utf-8")


def test_a_clean_page_says_so_and_lists_every_column(clean: Examples, check: Any, tmp_path: Path) -> None:
    text = Page(page(clean, check, tmp_path)).text
    assert re.search(r"All \d+ expectations were met", text)
    assert "✗" not in text
    assert all(column in text for column in clean.table.columns)


def test_a_failure_shows_the_sentence_the_value_and_the_id(clean: Examples, check: Any, tmp_path: Path) -> None:
    table = clean.table.copy()
    table.loc[4, "label"] = "cow"
    text = Page(page(replace(clean, table=table), check, tmp_path)).text
    assert re.search(r"1 of \d+ expectations failed", text)
    assert "is broken in 1 of 24 rows; the first has 'cow' at id e04." in text
    assert "cow at id e04" in text


def test_an_expectation_about_a_set_of_values_is_shown(
    clean: Examples, check: Any, tmp_path: Path, caplog: Any
) -> None:
    only = {
        "type": "expect_column_distinct_values_to_equal_set",
        "arguments": {"column": "label", "value_set": ["cow"]},
    }
    source = page(clean, check, tmp_path, expectations={"only": only})
    assert "is broken in 2 of 24 rows; the first has 'cat'." in Page(source).text
    assert not caplog.records


# Every kind of result that names values or rows; the data below have an id and a value that nothing else has.
LISTING: dict[str, dict[str, Any]] = {
    "expect_column_values_to_be_between": {"column": "descriptor.secret", "max_value": 1.0},
    "expect_column_values_to_be_in_set": {"column": "group.secret", "value_set": ["usual"]},
    "expect_column_values_to_match_regex": {"column": "group.secret", "regex": "^usual"},
    "expect_column_values_to_be_increasing": {"column": "descriptor.secret"},
    "expect_column_values_to_be_unique": {"column": "group.secret"},
    "expect_column_value_z_scores_to_be_less_than": {
        "column": "descriptor.secret",
        "threshold": 2,
        "double_sided": True,
    },
    "expect_column_pair_values_to_be_equal": {"column_A": "id", "column_B": "group.secret"},
    "expect_compound_columns_to_be_unique": {"column_list": ["group.secret", "group.sex"]},
    "expect_column_distinct_values_to_be_in_set": {"column": "group.secret", "value_set": ["usual"]},
    "expect_column_distinct_values_to_contain_set": {"column": "group.secret", "value_set": ["usual"]},
    "expect_column_distinct_values_to_equal_set": {"column": "id", "value_set": ["usual"]},
    "expect_column_most_common_value_to_be_in_set": {"column": "id", "value_set": ["usual"]},
    "expect_column_max_to_be_between": {"column": "descriptor.secret", "min_value": 0},
    "expect_column_min_to_be_between": {"column": "descriptor.negative", "max_value": 0},
    "expect_column_quantile_values_to_be_between": {
        "column": "descriptor.secret",
        "quantile_ranges": {"quantiles": [0.0, 1.0], "value_ranges": [[None, 9], [None, 9]]},
    },
    "expect_column_kl_divergence_to_be_less_than": {
        "column": "group.secret",
        "partition_object": {"values": ["usual"], "weights": [1.0]},
        "threshold": 9,
    },
    "expect_column_values_to_be_dateutil_parseable": {"column": "descriptor.secret"},
}
ROW_KINDS = [kind for kind in LISTING if "_values_to_be_" in kind and "distinct" not in kind and "quantile" not in kind]


@pytest.mark.parametrize("mostly", [None, 0.01])
def test_no_id_and_no_value_of_a_row_is_on_the_public_page(
    clean: Examples, check: Any, tmp_path: Path, mostly: float | None
) -> None:
    secret_number = 7777.25
    secret_name = "Anna Example"
    table = clean.table.copy()
    table["group.secret"] = "usual"
    table["descriptor.secret"] = 0.5
    table["descriptor.negative"] = 0.5
    table.loc[5, ["id", "group.secret", "descriptor.secret", "descriptor.negative"]] = (
        secret_name,
        secret_name,
        secret_number,
        -secret_number,
    )
    own = {
        kind: {"type": kind, "arguments": arguments | ({"mostly": mostly} if mostly and kind in ROW_KINDS else {})}
        for kind, arguments in LISTING.items()
    }
    validation = check(replace(clean, table=table), expectations=own)
    validation.write_data_docs(tmp_path, title="t")
    public = (tmp_path / "index.html").read_text(encoding="utf-8")
    with_examples = (tmp_path / "examples/index.html").read_text(encoding="utf-8")
    sentences = " ".join([validation.sentence, *(finding.reason for finding in validation.findings)])
    for hidden in (secret_name, "7777", "e04", "e06"):
        assert hidden in with_examples
        assert hidden not in public
        assert hidden not in sentences

    assert all(kind in {f.check.removeprefix("validate.") for f in validation.findings} for kind in LISTING)


def test_the_public_page_says_how_much_was_unexpected(clean: Examples, check: Any, tmp_path: Path) -> None:
    table = clean.table.assign(**{"descriptor.brightness": [2.0] * 3 + [0.5] * 21})
    bright = {"column": "descriptor.brightness", "max_value": 1.0, "mostly": 0.5}
    mean = {"column": "descriptor.brightness", "max_value": 1.0}
    own = {
        "bright": {"type": "expect_column_values_to_be_between", "arguments": bright},
        "mean": {"type": "expect_column_mean_to_be_between", "arguments": mean},
    }
    public = Page(pages(replace(clean, table=table), check, tmp_path, expectations=own)[0]).text

    assert "12.5% unexpected" in public
    assert "0.6875" in public


def test_an_error_s_text_is_not_public(clean: Examples, check: Any, tmp_path: Path) -> None:
    table = clean.table.assign(**{"group.born": ["Anna Example", *["2000"] * 23]})
    mean = {"type": "expect_column_mean_to_be_between", "arguments": {"column": "group.born", "min_value": 1}}
    public, with_examples = pages(replace(clean, table=table), check, tmp_path, expectations={"mean": mean})
    assert "could not be checked: Great Expectations raised an error" in Page(public).text
    assert "Anna Example" in Page(with_examples).text
    assert "Anna Example" not in public


def test_nothing_is_fetched_and_no_script_is_run(clean: Examples, check: Any, tmp_path: Path) -> None:
    source = page(clean, check, tmp_path)
    parsed = Page(source)
    assert not {"script", "link", "img", "iframe", "object"} & set(parsed.tags)
    assert all((value or "").startswith("#") for name, value in parsed.attributes if name in ("href", "src"))
    assert not re.search(r"https?://|url\(|@import", source)


@pytest.mark.parametrize("column", ["id", "label", "group.sex", "entity"])
def test_a_hostile_value_is_text(clean: Examples, check: Any, tmp_path: Path, column: str) -> None:
    table = clean.table.copy()
    table.loc[:13, column] = HOSTILE  # twice as an id, in two splits as an entity, unknown as a label, rare as a group
    parsed = Page(page(replace(clean, table=table), check, tmp_path, minimum_per_group=20))
    assert "script" not in parsed.tags
    assert "img" not in parsed.tags
    assert HOSTILE in parsed.text


def test_a_hostile_column_and_argument_are_text(clean: Examples, check: Any, tmp_path: Path) -> None:
    column = f"descriptor.{HOSTILE}"
    table = clean.table.assign(**{column: 1.0})
    odd = {"type": "expect_column_values_to_be_in_set", "arguments": {"column": column, "value_set": [HOSTILE]}}
    parsed = Page(page(replace(clean, table=table), check, tmp_path, expectations={"odd": odd}))
    assert not {"script", "img"} & set(parsed.tags)
    assert column in parsed.text


def test_no_trace_of_the_machine_is_shown(clean: Examples, check: Any, tmp_path: Path) -> None:
    absent = {"type": "expect_column_values_to_be_unique", "arguments": {"column": "nowhere"}}
    source = page(clean, check, tmp_path, expectations={"absent": absent})
    assert 'The column "nowhere" in BatchData does not exist' in Page(source).text
    assert "Traceback" not in source
    assert str(Path(sys.prefix)) not in source


@pytest.mark.skipif(not shutil.which("chromium"), reason="no Chromium here to lay the page out")
def test_a_browser_shows_it_from_a_file(clean: Examples, check: Any, tmp_path: Path) -> None:
    page(clean, check, tmp_path / "docs")
    command = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--dump-dom",
    ]
    browser = [*command, f"--user-data-dir={tmp_path}/profile", (tmp_path / "docs/index.html").as_uri()]
    shown = subprocess.run(browser, capture_output=True, text=True, timeout=300, check=True).stdout

    assert "expectations were met" in Page(shown).text


QUIET = """
import os, sys
from pathlib import Path
import numpy as np, pandas as pd
from hallmark.contracts.examples import Examples
from hallmark.validate.validation import validate_examples
out, seen = Path(sys.argv[1]).resolve(), []
def watch(event, details):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen", "os.system"):
        seen.append((event, str(details)))
    path = details[0] if details and isinstance(details[0], str) else ""
    writing = event == "open" and isinstance(details[1], str) and set(details[1]) & set("wax+")
    making = event in ("os.mkdir", "os.rename", "tempfile.mkstemp", "tempfile.mkdtemp")
    if (writing or making) and not Path(path).resolve().is_relative_to(out) and not path.startswith("/dev/"):
        seen.append((event, path))
sys.addaudithook(watch)
names = {column: list("abc") for column in ("id", "entity", "fingerprint")}
examples = Examples(pd.DataFrame({**names, "split": ["train", "validation", "test"]}), {"x": np.ones(3)})
validate_examples(examples, minimum_per_class=1, minimum_per_group=1, expectations={}).write_data_docs(out, title="t")
assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
print(seen)
"""


def test_nobody_is_called_and_nothing_is_written_elsewhere(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "GX_ANALYTICS_ENABLED": "true", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", QUIET, str(tmp_path / "docs")]
    ran = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=600, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"

    written = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()]
    assert sorted(written) == ["docs/examples/index.html", "docs/index.html"]
