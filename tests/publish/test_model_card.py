"""The model card: what it says, what it admits, and that data cannot become markup in it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import small_task

from hallmark.contracts.examples import Source
from hallmark.contracts.findings import Finding
from hallmark.contracts.summaries import Reason
from hallmark.contracts.verdicts import Judgement
from hallmark.errors import InputError
from hallmark.layout import Layout
from hallmark.publish.evidence import Evidence, digest_splits, read_evidence
from hallmark.publish.model_card import QUESTIONS, render_card
from hallmark.publish.version_description import describe_version
from hallmark.tracking.markdown import escape


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    root = tmp_path_factory.mktemp("task")
    small_task.write_task(root)
    small_task.write_verdict(root, small_task.stricter(accuracy=0.92))
    return read_evidence(small_task.parameters(), Layout("small", root))


def written(evidence: Evidence, limit: int | None = None) -> str:
    return render_card(evidence, "../{}".format, "raw/{}".format, limit=limit)


def answer(text: str, number: int) -> str:
    return text.split(f"## {number}. ")[1].split("\n## ")[0]


def test_it_asks_the_ten_questions_in_order_and_admits_what_was_not_measured(evidence: Evidence) -> None:
    text = written(evidence)
    assert re.findall(r"^## \d+\. (.*)$", text, re.MULTILINE) == list(QUESTIONS)
    assert "not measured" in answer(text, 2)
    assert "not measured" in answer(text, 7)
    assert text.count("not measured") == 2


def test_what_goes_in_and_comes_out_is_shown_where_it_is_asked(evidence: Evidence) -> None:
    asked = answer(written(evidence), 3)
    assert "![examples with the model's answers](raw/evaluate/figures/examples/examples.png)" in asked
    assert "[examples](../evaluate/figures/examples/examples.png)" in asked
    without = replace(evidence, files=[file for file in evidence.files if "examples" not in file])
    assert "![" not in written(without)


def test_simulated_data_is_called_so_at_the_top_and_real_data_is_not(evidence: Evidence) -> None:
    top = written(evidence).split("## What decided")[0]
    assert top.startswith("# Small &amp; &lt;b&gt;odd&lt;/b&gt; task (simulated data)\n")
    assert "**SIMULATED DATA.**" in top
    real = replace(evidence, examples=replace(evidence.examples, source=Source("Real cards")))
    assert "imulated" not in written(real)
    assert "SIMULATED" in describe_version(evidence, [])


def test_the_verdict_and_what_decided_stand_with_their_numbers(evidence: Evidence) -> None:
    top = written(evidence).split("## 1. ")[0]
    assert "**? needs review**\n" in top
    assert "- **What decided.** 1 finding, under accuracy" in top
    assert "| accuracy ≥ 0.92 | evaluate.metric: accuracy | 0.931 [0.912, 0.947] | 40 | ? unresolved |" in top
    assert "about 80 more would settle it" in top
    assert "7 judged findings meet their requirement." in top


def test_answers_hold_measured_numbers_facts_and_links(evidence: Evidence) -> None:
    text = written(evidence)

    assert "80 examples of 40 entities (card): train 20 of 10" in answer(text, 1)
    assert "[data docs](../validate/data_docs/index.html)" in answer(text, 1)
    assert "values (float32, 3)" in answer(text, 3)
    assert "An alert is raised at P(fraud) ≥ 0.4" in answer(text, 3)
    assert "? **accuracy** (evaluate.metric): 0.931 [0.912, 0.947] (n = 40), asked ≥ 0.92" in answer(text, 5)
    assert "[calibration](../evaluate/figures/calibration.png)" in answer(text, 5)
    assert "[drift report](../drift/drift.html)" in answer(text, 6)
    assert "[threshold cost](../evaluate/figures/threshold_cost.png)" in answer(text, 8)
    assert "✓ 1 check of validate passed" in answer(text, 4)


def test_without_a_positive_label_there_is_no_alert(evidence: Evidence) -> None:
    postprocess = evidence.package.manifest["postprocess"] | {"positive": None, "threshold": None}
    package = replace(evidence.package, manifest={**evidence.package.manifest, "postprocess": postprocess})
    assert "alert" not in answer(written(replace(evidence, package=package)), 3)


def test_text_from_data_is_never_markup(evidence: Evidence) -> None:
    nasty = "<script>alert(1)</script> [x](javascript:1) |a|\n# head **b** `c`"
    finding = Finding(
        check="evaluate.single_input", metric="cost", column=nasty, estimate=0.5, low=0.4, high=0.6, n=3, reason=nasty
    )
    text = answer(written(replace(evidence, findings=[*evidence.findings, finding])), 7)

    assert "<script>" not in text
    assert re.search(r"(?<!\\)[\[|`]", text.replace("[0.4, 0.6]", "")) is None
    assert "\n# head" not in text
    assert escape("a_b*c\n d & e") == r"a\_b\*c d &amp; e"


def test_many_findings_are_shortened_with_the_bad_ones_first_and_fit_the_limit(evidence: Evidence) -> None:
    even = Finding(check="bias.gap", metric="accuracy", estimate=0.0, low=-0.1, high=0.1, slice={"site": "x"}, n=9)
    flood = [replace(even, slice={"site": str(i)}, reason="x" * 80) for i in range(300)]
    bad = replace(even, slice={"place": "the bad one"}, estimate=-0.5, low=-0.6, high=-0.4, verdict="fail")
    flooded = replace(evidence, findings=[*evidence.findings, *flood, bad])
    shown = answer(written(flooded), 5)

    assert shown.index("the bad one") < shown.index("site")
    assert "- … and of bias.gap 298 more measured, 2 more pass" in shown
    assert len(written(flooded, limit=4000)) <= 4000
    assert re.findall(r"^## \d+\. ", written(flooded, limit=4000), re.MULTILINE)[-1] == "## 10. "


def test_a_versions_description_has_the_verdict_first_no_table_and_fits(evidence: Evidence) -> None:
    text = describe_version(evidence, [("drift/drift.html", "#/there")])
    assert text.startswith("**? needs review**")
    assert "|---" not in text
    assert "[drift/drift.html](#/there)" in text

    failed = Finding(check="validate.x", verdict="fail", reason="y" * 900)
    reasons = tuple(Reason(requirement=f"rule {i}", finding=failed, further=0) for i in range(9))
    many = replace(evidence, summary=replace(evidence.summary, reasons=reasons))
    flooded = describe_version(many, [("card.md", "#/there")])
    assert len(flooded) <= 5000  # what the registry's database keeps
    assert "more requirements" in flooded
    assert flooded.endswith("- [card.md](#/there)")


def test_the_same_evidence_gives_the_same_bytes(evidence: Evidence) -> None:
    assert written(evidence) == written(evidence)


def test_pages_belong_to_the_questions_that_their_figures_name(evidence: Evidence) -> None:
    assert {page.file: (page.question, page.title) for page in evidence.pages} == {
        "drift/drift.html": (6, "drift report"),
        "evaluate/figures/calibration.png": (5, "calibration"),
        "evaluate/figures/examples/examples.png": (3, "examples"),
        "evaluate/figures/threshold_cost.png": (8, "threshold cost"),
        "validate/data_docs/index.html": (1, "data docs"),
    }


def test_the_summary_stands_at_the_top_of_the_card_and_of_the_versions_description(evidence: Evidence) -> None:
    for text in (written(evidence).split("## What decided")[0], describe_version(evidence, [])):
        assert r"- **Accuracy on test.** 0.931 \[0.912, 0.947\], n = 40" in text
        assert r"- **Fixed rule.** 0.621 \[0.550, 0.690\]" in text
        assert r"- **Worst group.** accuracy, site=b: -0.01 \[-0.03, 0.01\]" in text


def test_a_summary_of_another_verdict_is_refused(tmp_path: Path) -> None:
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    reports = tmp_path / "reports/small"
    text = (reports / "gate/summary.json").read_text(encoding="utf-8")
    assert '"eligible"' in text
    (reports / "gate/summary.json").write_text(text.replace('"eligible"', '"blocked"'), encoding="utf-8")
    with pytest.raises(InputError, match="summary.json says 'blocked', verdict.json 'eligible'"):
        read_evidence(small_task.parameters(), Layout("small", tmp_path))


def test_a_figure_that_no_index_names_stays_here_where_examples_do(tmp_path: Path) -> None:
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    reports = tmp_path / "reports/small"
    (reports / "evaluate/figures/stray.png").write_bytes(b"png")
    kept_here = small_task.parameters(publish={**small_task.PARAMETERS["publish"], "examples": False})
    files = read_evidence(kept_here, Layout("small", tmp_path)).files
    assert "evaluate/figures/calibration.png" in files
    assert not [file for file in files if "stray" in file or "examples.png" in file]


def test_digest_splits_sees_every_change_and_no_order(evidence: Evidence) -> None:
    table = evidence.examples.table
    known = digest_splits(evidence.examples)
    shuffled = replace(evidence.examples, table=table.sample(frac=1, random_state=1))
    assert digest_splits(shuffled) == known

    row = int((table["split"] == "test").argmax())
    for column in ("label", "fingerprint", "id"):
        changed = table.copy()
        changed.loc[row, column] = "other"
        digests = digest_splits(replace(evidence.examples, table=changed))
        assert {name for name in known if digests[name] != known[name]} == {"test"}


def test_what_does_not_apply_is_named_and_counts_as_nothing(evidence: Evidence) -> None:
    labelless = Finding(check="evaluate.recall", verdict="not applicable", reason="No labels are known.")
    judged = (*evidence.verdict.judged, Judgement("recall", labelless, "No labels are known.", "not applicable"))
    verdict = replace(evidence.verdict, judged=judged)
    text = written(replace(evidence, verdict=verdict, findings=[*evidence.findings, labelless]))
    assert "Not applicable to this system or its answer: recall." in text
    assert "No labels are known." not in text  # it answers no question
    met = f"{len(evidence.verdict.judged) - 1} judged findings meet their requirement."
    assert met in text and met in written(evidence)
