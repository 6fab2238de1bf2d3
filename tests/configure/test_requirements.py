"""What the gate's requirements may name: all that is wrong with them is said at once, with the nearest name."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from composed import parameters_with

from hallmark.config import Parameters
from hallmark.config.stages import Requirement
from hallmark.configure import requirements as configured_requirements
from hallmark.configure.composition import compose_task
from hallmark.configure.requirements import mistakes
from hallmark.configure.task_list import read_tasks
from hallmark.contracts.checks import CHECKS, FIELDS, Check
from hallmark.contracts.findings import read as read_findings
from hallmark.errors import InputError
from hallmark.layout import JUDGED_STAGES, JudgedStage, Layout

CONF = Path(__file__).parents[2] / "conf"
TASKS = read_tasks(CONF / "tasks.yaml")


def own(**keys: object) -> str:
    """Return the override that adds a requirement of these keys."""
    return f"+gate.requirements.own={{{', '.join(f'{key}: {value}' for key, value in keys.items())}}}"


def bounded(**keys: object) -> str:
    """Return the override of `own` with a bound, without which what is only measured is not selected."""
    return own(**keys, at_most=0.5)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            own(check="evaluate.metric", subject="accuracy"),
            f"own.subject in conf/: it is called {', '.join(FIELDS[:-1])} or {FIELDS[-1]} now; `make migrate` rewrites",
        ),
        (
            own(check="evaluate.metric", metrik="accuracy"),
            "own.metrik in conf/: gate.requirements.own knows ",
        ),
        (
            own(check="evaluate.metric", at_lest=0.5),
            "own.at_lest in conf/: gate.requirements.own knows ",
        ),
        (own(check="evaluate.metrics"), "own.check in conf/ is 'evaluate.metrics', which is no check; did you mean"),
        (
            own(check="validate.not_blnk"),
            "own.check in conf/ is 'validate.not_blnk', which is no check; did you mean validate.not_blank?",
        ),
        (own(check="evaluate.met*"), "own.check in conf/ is 'evaluate.met*', which is no check"),
        (
            own(check="evaluate.metric", metric="acuracy"),
            "own.metric in conf/ is 'acuracy', which the task does not measure there; did you mean accuracy?",
        ),
        (
            own(check="evaluate.metric", metric="roc_auc"),  # a metric, and none of this task
            "own.metric in conf/ is 'roc_auc', which the task does not measure there",
        ),
        (
            own(check="bias.gap", metric="cost"),  # measured, and not by group
            "own.metric in conf/ is 'cost', which the task does not measure there: there are accuracy",
        ),
        (
            own(check="evaluate.metric", against="rule"),
            "own.against in conf/ is no field of the findings of evaluate.metric: it has metric",
        ),
        (
            own(check="train.parity", metric="accuracy"),
            "own.metric in conf/ is no field of the findings of train.parity",
        ),
        (
            own(check="bias.gap", slice="{strok: '*'}"),
            "own.slice in conf/ names 'strok', which is no group that the task judges there; did you mean stroke?",
        ),
        (own(check="bias.coverage", groups="[site]"), "own.groups in conf/ names 'site', which is no group"),
        (
            own(check="evaluate.recall", label="'11'"),
            "own.label in conf/ is '11', which is none of the task's labels; did you mean 1?",
        ),
        (
            own(check="evaluate.review", case="share deferrd"),
            "own.case in conf/ is 'share deferrd', which is none of the check's cases; did you mean share deferred?",
        ),
        (
            own(check="evaluate.triage", case="first 20%"),
            "own.check in conf/ is 'evaluate.triage', which the system image does not offer, only medical: of evaluate "
            "there are evaluate.metric, evaluate.gain, ",
        ),
        (
            own(check="gate.verdict"),
            "own.check in conf/ is 'gate.verdict', which no requirement can select: the gate writes it once it has "
            "judged; a requirement may name gate.signature",
        ),
        (own(check="gate.unmatched"), "own.check in conf/ is 'gate.unmatched', which no requirement can select: "),
        (
            own(check="promote.champion"),
            "own.check in conf/ is 'promote.champion', which no requirement can select: promotion measures it, and "
            "judges it by gate.champion.at_least",
        ),
        (own(check="promote.*"), "own.check in conf/ is 'promote.*', which no requirement can select: "),
        (
            own(check="evaluate.gain", against="logistic regresion"),
            "own.against in conf/ is 'logistic regresion', which is nothing that the check compares the model with; "
            "did you mean logistic regression?",
        ),
        (
            own(check="evaluate.gain", against="descriptors"),
            "own.against in conf/ is 'descriptors', which is nothing that the check compares the model with: there are "
            "logistic regression, rule",
        ),
        (
            own(check="evaluate.complexity", against="rule"),
            "own.against in conf/ is 'rule', which is nothing that the check compares the model with: there are "
            "logistic regression",
        ),
        (
            own(check="validate.filled_splits", column="tets"),
            "own.column in conf/ is 'tets', which is no column that the check looks at: there are split",
        ),
        (
            own(check="drift.column", column="group.strok"),
            "own.column in conf/ is 'group.strok', which is no column that the check looks at; did you mean "
            "group.stroke?",
        ),
        (
            own(check="drift.column", column="lable"),
            "own.column in conf/ is 'lable', which is no column that the check",
        ),
        (
            own(check="validate.no_bare_page", column="descriptor.inkk"),
            "own.column in conf/ is 'descriptor.inkk', which is no column that the check looks at; did you mean "
            "descriptor.ink?",
        ),
        (
            own(check="drift.column", column="label", case="recent window"),
            "own.case in conf/ stands beside column, but no finding of drift.column has them at once: leave one out",
        ),
        (
            own(check="bias.gap", slice="{placement: off-center}"),
            "own.slice.placement in conf/ is 'off-center', which is no value of the group; did you mean off-centre?",
        ),
        (
            own(check="evaluate.group_label", groups="[strok]"),
            "own.groups in conf/ names 'strok', which is no group that the task judges there; did you mean stroke?",
        ),
        (
            own(check="evaluate.group_label", groups="[stroke, placement]"),
            "own.groups in conf/ names 2 groups: single groups are judged there",
        ),
        *(
            (own(check="evaluate.gain", **{field: "''"}), f"own.{field} in conf/ is '': it is blank; give it a name")
            for field in ("metric", "column", "label", "scorer", "against", "case")
        ),
        (own(check="bias.gap", slice="{stroke: ''}"), "own.slice.stroke in conf/ is '': it is blank; give it a name"),
        (
            own(check="evaluate.metric", at_least=0.9, at_most=0.1),
            "own.at_least in conf/ is 0.9: it must not be above at_most",
        ),
    ],
)
def test_what_selects_nothing_is_refused_with_the_nearest_name(override: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        parameters_with(override)
    assert f"gate.requirements.{words}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_all_mistakes_are_said_at_once() -> None:
    one = "+gate.requirements.one={check: evaluate.metrics}"
    two = "+gate.requirements.two={check: evaluate.metric, metric: acuracy}"
    with pytest.raises(InputError, match=r"requirements\.one\.check.*; gate\.requirements\.two\.metric"):
        parameters_with(one, two)

    keys = "+gate.requirements.three={check: evaluate.metric, metrik: accuracy, subject: accuracy}"
    with pytest.raises(
        InputError, match=r"three\.metrik in conf/.*; unknown key gate\.requirements\.three\.subject in conf/"
    ):
        parameters_with(keys)


@pytest.mark.parametrize(
    "override",
    [
        own(check="validate.*"),
        own(check="validate.not_blank"),
        bounded(check="evaluate.metric", metric="'*'"),
        bounded(check="bias.gap", slice="{stroke: '*', placement: centred}"),
        bounded(
            check="evaluate.*", groups="[stroke]"
        ),  # the groups of evaluate.group_label are known from the data alone
        bounded(check="evaluate.recall", label="'3'"),
        bounded(check="evaluate.gain", metric="accuracy", against="logistic regression"),
        bounded(check="gate.signature"),
        bounded(check="gate.*"),
        bounded(check="evaluate.complexity", against="logistic regression"),
        bounded(check="evaluate.gain", against="rule"),
        bounded(check="evaluate.gain", against="'*'"),
        bounded(check="bias.gap", slice="{placement: off-centre, stroke: unknown}"),
        bounded(check="evaluate.group_label", groups="[placement]"),
        bounded(check="drift.column", column="group.stroke"),
        bounded(check="drift.column", column="descriptor.ink"),
        bounded(check="drift.column", column="descriptor.ink missing"),
        bounded(check="validate.finite", column="array.whatever"),  # made of the raw files
        bounded(check="drift.column", case="recent window"),
        bounded(check="validate.group_counts", column="group.stroke"),
        bounded(check="validate.*", column="descriptor.ink"),
        bounded(check="evaluate.single_input", column="age"),  # which inputs predict best, is measured
    ],
)
def test_what_the_task_has_may_be_named(override: str) -> None:
    parameters_with(override)


def test_the_page_of_promotion_names_every_field() -> None:
    page = (CONF.parent / "docs/promotion.md").read_text(encoding="utf-8")
    assert [name for name in FIELDS if not re.search(rf"`{name}`", page)] == []


@pytest.mark.parametrize("keys", [{"check": "evaluate.metric", "metric": "accuracy"}, {"check": "evaluate.*"}])
def test_a_requirement_that_asks_nothing_of_what_is_only_measured_is_refused(keys: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        parameters_with(own(**keys))
    said = f"own in conf/ asks nothing: findings of {keys['check']} are only measured, so set at_least or at_most"
    assert str(caught.value) == f"gate.requirements.{said}"
    parameters_with(own(**keys, at_least=0.0))
    parameters_with(own(**keys, at_most=0.0))


@pytest.mark.parametrize("check", ["validate.*", "validate.not_blank", "bias.coverage", "drift.*", "gate.signature"])
def test_findings_with_a_verdict_of_their_own_need_no_bound(check: str) -> None:
    parameters_with(own(check=check))


def test_a_fault_of_a_rule_itself_is_raised_unless_a_mistake_was_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty_groups(*_: object) -> list[str]:
        raise KeyError("nowhere")

    monkeypatch.setattr(configured_requirements, "_groups", faulty_groups)
    requirement = own(check="bias.gap", slice="{stroke: '*'}")
    with pytest.raises(KeyError, match="nowhere"):
        parameters_with(requirement)
    with pytest.raises(InputError, match=r"train\.epochs in conf/ is 0: it must be at least 1"):
        parameters_with(requirement, "train.epochs=0")


@pytest.mark.parametrize(
    ("task", "keys", "words"),
    [
        ("fraud", {"check": "bias.gap", "slice": "{age: under 99}"}, "slice.age in conf/ is 'under 99'"),
        ("fraud", {"check": "drift.column", "column": "descriptor.amonut"}, "did you mean descriptor.amount?"),
        ("fraud", {"check": "evaluate.gain", "against": "boosted treees"}, "did you mean boosted trees?"),
        ("robotics", {"check": "evaluate.closed_loop", "scorer": "experts"}, "did you mean expert?"),
        ("robotics", {"check": "evaluate.closed_loop_gain", "against": "expert"}, "linear policy, boosted trees, rule"),
        ("language", {"check": "evaluate.memorisation", "case": "temperature 7"}, "did you mean temperature"),
        (
            "language",
            {"check": "evaluate.generated", "case": "held-out text"},
            "none of the check's cases: there are temp",
        ),
        ("language", {"check": "evaluate.memorisation_excess", "against": "rule"}, "there are held-out text"),
        ("medical", {"check": "evaluate.triage", "case": "first 51%"}, "did you mean first 50%?"),
        ("recommendation", {"check": "evaluate.coverage", "scorer": "popularty"}, "did you mean popularity?"),
    ],
)
def test_what_a_system_measures_is_known_before_anything_runs(task: str, keys: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        parameters_with(own(**keys), task=task)


@pytest.mark.parametrize(
    ("task", "keys"),
    [
        ("fraud", {"check": "bias.gap", "slice": "{region: moon}"}),  # names as they are in the raw data
        ("fraud", {"check": "bias.gap", "slice": "{age: 35 to under 55, region: '*'}"}),
        ("robotics", {"check": "evaluate.closed_loop", "scorer": "model"}),
        ("speech", {"check": "evaluate.recall", "label": "any"}),  # the configuration declares no labels
        ("recommendation", {"check": "evaluate.genre", "slice": "{genre: western}"}),
    ],
)
def test_what_is_known_from_the_data_alone_may_have_any_value(task: str, keys: dict[str, str]) -> None:
    parameters_with(bounded(**keys), task=task)


OF_OTHER_SYSTEMS = [
    (task, check)
    for task, listed in TASKS.items()
    for check in CHECKS.values()
    if not check.is_offered_by(listed.system)
]


@pytest.mark.parametrize(("task", "check"), OF_OTHER_SYSTEMS, ids=lambda value: getattr(value, "name", value))
def test_only_the_shared_defaults_may_name_a_check_of_another_system(task: str, check: Check) -> None:
    parameters = with_requirement(parameters_with(task=task), Requirement(check=check.name, at_most=0.5))
    assert list(mistakes(parameters, lambda _: True)) == []
    (mistake,) = mistakes(parameters, lambda _: False)
    assert mistake.key == "gate.requirements.own.check"
    assert f"the system {parameters.system} does not offer, only {' and '.join(check.systems or ())}: " in mistake.words


def test_a_check_of_another_system_is_refused_in_the_files_of_a_task_and_of_a_system(tmp_path: Path) -> None:
    triage = "{check: evaluate.triage, case: first 50%, at_least: 0.5}"
    shared = tmp_path / "shared"
    shutil.copytree(CONF, shared)
    append_requirement(shared / "gate/default.yaml", f"  worklist: {triage}")
    compose_task(shared, "image", system="image")
    compose_task(shared, "medical", system="medical")

    for file, task in (("task/fraud.yaml", "fraud"), ("system/recommendation.yaml", "recommendation")):
        conf = tmp_path / task / "conf"
        shutil.copytree(CONF, conf)
        append_requirement(conf / file, f"    triage: {triage}")
        words = (
            rf"requirements\.triage\.check in conf/{file} is 'evaluate\.triage', which the system \w+ does not offer"
        )
        with pytest.raises(InputError, match=words):
            compose_task(conf, task, system=TASKS[task].system)


def append_requirement(path: Path, line: str) -> None:
    """Add a requirement, a line of YAML, as the first of a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count("requirements:\n") == 1
    path.write_text(text.replace("requirements:\n", f"requirements:\n{line}\n"), encoding="utf-8")


def with_requirement(parameters: Parameters, requirement: Requirement) -> Parameters:
    """Return the parameters with one requirement alone, `own`."""
    gate = parameters.gate.model_copy(update={"requirements": {"own": requirement}})
    return parameters.model_copy(update={"gate": gate})


@pytest.mark.parametrize("stage", JUDGED_STAGES)
@pytest.mark.parametrize("task", TASKS)
def test_whatever_a_shipped_finding_has_may_be_required(task: str, stage: JudgedStage) -> None:
    parameters = parameters_with(task=task)
    for finding in read_findings(Layout(task, CONF.parent).findings(stage)):
        fields: dict[str, Any] = {**finding.about}
        if "groups" in fields:
            fields["groups"] = list(fields["groups"])

        requirement = Requirement(check=finding.check, at_most=0.5, **fields)
        assert list(mistakes(with_requirement(parameters, requirement), lambda _: False)) == []


def test_an_expectation_with_wrong_arguments_is_a_mistake_of_its_own_alone() -> None:
    wrong = "+validate.expectations.wrong={type: expect_compound_columns_to_be_unique, arguments: {column_list: 5}}"
    with pytest.raises(InputError, match=r"validate\.expectations\.wrong") as refused:
        parameters_with(wrong, own(check="validate.*", column="label"))
    assert "gate.requirements" not in str(refused.value)
