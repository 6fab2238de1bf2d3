"""What the gate's requirements may name: all that is wrong with them is said at once, with the nearest name."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from hallmark.config import Parameters
from hallmark.configure import requirements as configured_requirements
from hallmark.configure.composition import compose_task
from hallmark.configure.task_list import read_tasks
from hallmark.contracts.checks import FIELDS
from hallmark.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
TASKS = read_tasks(CONF / "tasks.yaml")


def composed(*overrides: str, task: str = "image") -> Parameters:
    return compose_task(CONF, task, system=TASKS[task].system, overrides=overrides)


def own(**keys: object) -> str:
    """Return the override that adds a requirement of these keys."""
    return f"+gate.requirements.own={{{', '.join(f'{key}: {value}' for key, value in keys.items())}}}"


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
            own(check="evaluate.metric", at_least=0.9, at_most=0.1),
            "own.at_least in conf/ is 0.9: it must not be above at_most",
        ),
    ],
)
def test_what_selects_nothing_is_refused_with_the_nearest_name(override: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        composed(override)
    assert f"gate.requirements.{words}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_all_mistakes_are_said_at_once() -> None:
    one = "+gate.requirements.one={check: evaluate.metrics}"
    two = "+gate.requirements.two={check: evaluate.metric, metric: acuracy}"
    with pytest.raises(InputError, match=r"requirements\.one\.check.*; gate\.requirements\.two\.metric"):
        composed(one, two)
    keys = "+gate.requirements.three={check: evaluate.metric, metrik: accuracy, subject: accuracy}"
    with pytest.raises(
        InputError, match=r"three\.metrik in conf/.*; unknown key gate\.requirements\.three\.subject in conf/"
    ):
        composed(keys)


@pytest.mark.parametrize(
    "override",
    [
        own(check="validate.*"),
        own(check="validate.not_blank"),
        own(check="evaluate.metric", metric="'*'", at_least=0.1),
        own(check="bias.gap", slice="{stroke: '*', placement: centred}", at_least=0.1),
        own(
            check="evaluate.*", groups="[stroke]", at_least=0.1
        ),  # the groups of evaluate.group_label are known from the data alone
        own(check="evaluate.recall", label="'3'", at_least=0.1),
        own(check="evaluate.gain", metric="accuracy", against="boosted trees", at_least=0.1),
        own(check="evaluate.triage", case="first 20%", at_least=0.1),  # of another system: not applicable
    ],
)
def test_what_the_task_has_may_be_named(override: str) -> None:
    composed(override)


def test_the_page_of_promotion_names_every_field() -> None:
    page = (CONF.parent / "docs/promotion.md").read_text(encoding="utf-8")
    assert [name for name in FIELDS if not re.search(rf"`{name}`", page)] == []


@pytest.mark.parametrize("keys", [{"check": "evaluate.metric", "metric": "accuracy"}, {"check": "evaluate.*"}])
def test_a_requirement_that_asks_nothing_of_what_is_only_measured_is_refused(keys: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        composed(own(**keys))
    said = f"own in conf/ asks nothing: findings of {keys['check']} are only measured, so set at_least or at_most"
    assert str(caught.value) == f"gate.requirements.{said}"
    composed(own(**keys, at_least=0.0))
    composed(own(**keys, at_most=0.0))


@pytest.mark.parametrize("check", ["validate.*", "validate.not_blank", "bias.coverage", "drift.*", "gate.signature"])
def test_findings_with_a_verdict_of_their_own_need_no_bound(check: str) -> None:
    composed(own(check=check))


def test_a_fault_of_a_rule_itself_is_raised_unless_a_mistake_was_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty_groups(*_: object) -> Sequence[str]:
        raise KeyError("nowhere")

    monkeypatch.setattr(configured_requirements, "_groups", faulty_groups)
    requirement = own(check="bias.gap", slice="{stroke: '*'}")
    with pytest.raises(KeyError, match="nowhere"):
        composed(requirement)
    with pytest.raises(InputError, match=r"train\.epochs in conf/ is 0: it must be at least 1"):
        composed(requirement, "train.epochs=0")
