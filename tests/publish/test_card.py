"""The model card: what it says, what it admits, and that data cannot become markup in it."""

import re
from dataclasses import replace

import pytest
import small_task

from hallmark.contracts.examples import Source
from hallmark.contracts.examples import read as read_examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.verdicts import Judgement, Verdict
from hallmark.publish import facts
from hallmark.publish.card import QUESTIONS, card, summary
from hallmark.publish.evidence import gather, lineage
from hallmark.tracking.text import escape


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    root = tmp_path_factory.mktemp("task")
    small_task.write_task(root)
    small_task.write_verdict(root, small_task.stricter(accuracy=0.92))
    data, package = read_examples(root / "data/prepared/small"), root / "models/small"
    return gather(small_task.PARAMETERS, data, package, root / "reports/small")


def written(evidence, **more):
    return card(evidence, "../{}".format, "raw/{}".format, **more)


def answer(text, number):
    return text.split(f"## {number}. ")[1].split("\n## ")[0]


def test_it_asks_the_ten_questions_in_order_and_admits_what_was_not_measured(evidence):
    text = written(evidence)
    assert re.findall(r"^## \d+\. (.*)$", text, re.MULTILINE) == list(QUESTIONS)
    assert "not measured" in answer(text, 2)
    assert "not measured" in answer(text, 7)
    assert text.count("not measured") == 2


def test_what_goes_in_and_comes_out_is_shown_where_it_is_asked(evidence):
    asked = answer(written(evidence), 3)
    assert "![examples with the model's answers](raw/evaluate/figures/examples/examples.png)" in asked
    assert "[examples](../evaluate/figures/examples/examples.png)" in asked
    without = replace(evidence, files=[file for file in evidence.files if "examples" not in file])
    assert "![" not in written(without)


def test_simulated_data_is_called_so_at_the_top_and_real_data_is_not(evidence):
    top = written(evidence).split("## What decided")[0]
    assert top.startswith("# Small &amp; &lt;b&gt;odd&lt;/b&gt; task (simulated data)\n")
    assert "**SIMULATED DATA.**" in top
    real = replace(evidence, examples=replace(evidence.examples, source=Source("Real cards")))
    assert "imulated" not in written(real)
    assert "SIMULATED" in summary(evidence, [])


def test_the_verdict_and_what_decided_stand_with_their_numbers(evidence):
    top = written(evidence).split("## 1. ")[0]
    assert "**? needs review**: 1 of 8 judged findings decided, under accuracy." in top
    assert "| accuracy ≥ 0.92 | evaluate.metric: accuracy | 0.931 [0.912, 0.947] | 40 | ? unresolved |" in top
    assert "about 80 more would settle it" in top
    assert "7 judged findings meet their requirement." in top


def test_answers_hold_measured_numbers_facts_and_links(evidence):
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


def test_without_a_positive_label_there_is_no_alert(evidence):
    postprocess = evidence.package.about["postprocess"] | {"positive": None, "threshold": None}
    package = replace(evidence.package, about={**evidence.package.about, "postprocess": postprocess})
    assert "alert" not in answer(written(replace(evidence, package=package)), 3)


def test_text_from_data_is_never_markup(evidence):
    nasty = "<script>alert(1)</script> [x](javascript:1) |a|\n# head **b** `c`"
    finding = Finding("evaluate.metric", 7, nasty, 0.5, 0.4, 0.6, n=3, why=nasty)
    text = answer(written(replace(evidence, findings=[*evidence.findings, finding])), 7)
    assert "<script>" not in text
    assert re.search(r"(?<!\\)[\[|`]", text.replace("[0.4, 0.6]", "")) is None
    assert "\n# head" not in text
    assert escape("a_b*c\n d & e") == r"a\_b\*c d &amp; e"


def test_many_findings_are_shortened_with_the_bad_ones_first_and_fit_the_limit(evidence):
    flood = [Finding("bias.gap", 5, f"accuracy | site={i}", 0.0, -0.1, 0.1, n=9, why="x" * 80) for i in range(300)]
    bad = Finding("bias.gap", 5, "the bad one", -0.5, -0.6, -0.4, n=9, verdict="fail")
    flooded = replace(evidence, findings=[*evidence.findings, *flood, bad])
    shown = answer(written(flooded), 5)
    assert shown.index("the bad one") < shown.index("site")
    assert "- … and of bias.gap 298 more measured, 2 more pass" in shown
    assert len(written(flooded, limit=4000)) <= 4000
    assert re.findall(r"^## \d+\. ", written(flooded, limit=4000), re.MULTILINE)[-1] == "## 10. "


def test_a_versions_description_has_the_verdict_first_no_table_and_fits(evidence):
    text = summary(evidence, [("drift/drift.html", "#/there")])
    assert text.startswith("**? needs review**")
    assert "|---" not in text
    assert "[drift/drift.html](#/there)" in text
    flood = [Finding("validate.x", 1, str(i), verdict="fail", why="y" * 900) for i in range(9)]
    judged = tuple(Judgement(f"rule {f.subject}", f, f.why, "blocked") for f in flood)
    flooded = summary(replace(evidence, verdict=Verdict("blocked", judged, {})), [("card.md", "#/there")])
    assert len(flooded) <= 5000  # what the registry's database keeps
    assert "more requirements" in flooded
    assert flooded.endswith("- [card.md](#/there)")


def test_the_same_evidence_gives_the_same_bytes(evidence):
    assert written(evidence) == written(evidence)


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("train/figures/loss.png", 4),
        ("evaluate/figures/threshold_cost.png", 8),
        ("bias/figures/gaps.png", 5),
        ("validate/data_docs/validations/x.html", None),
        ("validate/data_docs/index.html", 1),
    ],
)
def test_pages_belong_to_questions(file, number):
    assert facts.question(file) == number


def test_lineage_sees_every_change_and_no_order(evidence):
    table = evidence.examples.table
    known = lineage(evidence.examples)
    shuffled = replace(evidence.examples, table=table.sample(frac=1, random_state=1))
    assert lineage(shuffled) == known
    row = int((table["split"] == "test").argmax())
    for column in ("label", "fingerprint", "id"):
        changed = table.copy()
        changed.loc[row, column] = "other"
        digests = lineage(replace(evidence.examples, table=changed))
        assert {name for name in known if digests[name] != known[name]} == {"test"}


def test_what_does_not_apply_is_named_and_counts_as_nothing(evidence):
    labelless = Finding("evaluate.recall", 5, "every label", verdict="not applicable", why="No labels are known.")
    judged = (*evidence.verdict.judged, Judgement("recall", labelless, "No labels are known.", "not applicable"))
    verdict = replace(evidence.verdict, judged=judged)
    text = written(replace(evidence, verdict=verdict, findings=[*evidence.findings, labelless]))
    assert "Not applicable to this system or its answer: recall." in text
    assert "No labels are known." not in text  # it answers no question
    decided = f"{len(verdict.deciding)} of {len(evidence.verdict.judged)} judged findings decided"
    assert decided in text and decided in written(evidence)
