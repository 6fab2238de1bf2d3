"""Settings of the right type that no stage could work with: refused with key, value and what is allowed."""

import re
from pathlib import Path

import pytest
from omegaconf import DictConfig

from hallmark import systems
from hallmark.configure import ranges
from hallmark.configure.composing import compose_task
from hallmark.errors import InputError
from hallmark.prepare import splitting

CONF = Path(__file__).parents[2] / "conf"


def composed(*overrides: str) -> DictConfig:
    return compose_task(CONF, "image", system="image", parts=systems.load("image", "config"), overrides=overrides)


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        ("prepare.split.method=random", "one of entity, time, entity_and_time, leave_last_out, published"),
        ("+decision.specificity=1.0", "between 0 and 1, or null"),
        ("+decision.specificity=0.0", "between 0 and 1, or null"),
        ("train.epochs=0", "at least 1"),
        ("train.patience=0", "at least 1"),
        ("train.batch_size=-4", "at least 1"),
        ("train.checkpoint_steps=0", "at least 1"),
        ("train.learning_rate=0.0", "above 0"),
        ("train.learning_rate=nan", "above 0"),
        ("train.weight_decay=-0.1", "0 or more"),
        ("train.warmup=1.0", "from 0 to less than 1"),
        ("train.warmup=-0.1", "from 0 to less than 1"),
        ("evaluate.train_sample=0", "at least 1"),
        ("evaluate.review_error=1.0", "between 0 and 1"),
        ("bias.confidence=95.0", "between 0 and 1"),
        ("drift.false_alarms=0.0", "between 0 and 1"),
        ("drift.effect=0.0", "above 0"),
        ("drift.repeats=19", "at least 20"),
        ("drift.rows=0", "at least 1"),
        ("gate.champion.at_least=nan", "a finite number"),
        ("gate.champion.at_least=-inf", "a finite number"),
        ("+gate.requirements.data.failed=warn", "blocked or review"),
        ("gate.requirements.data.unresolved=pass", "blocked or review"),
        ("publish.experiment=team/digits", "a name of at most 200 characters without '/'"),
        ("publish.model_name=''", "a name of at most 200 characters without '/'"),
        ("publish.model_name='a:b'", "a name of at most 200 characters without '/'"),
        ('publish.model_name="o\'clock"', "a name of at most 200 characters without '/'"),
        ("publish.model_name=' a'", "a name of at most 200 characters without '/'"),
        ("publish.model_name=..", "a name of at most 200 characters without '/'"),
        ("evaluate.headline=roc_auc", "one of evaluate.metrics, ['accuracy', "),
    ],
)
def test_an_impossible_setting_is_refused(override: str, allowed: str) -> None:
    key, value = override.removeprefix("+").split("=")
    with pytest.raises(InputError, match=rf"^{re.escape(key)} in conf/ is .*must be {re.escape(allowed)}") as caught:
        composed(override)
    assert value.strip("'") in str(caught.value)


@pytest.mark.parametrize(
    "override",
    [
        "train.epochs=1",
        "train.weight_decay=0.0",
        "train.warmup=0.0",
        "drift.repeats=20",
        "evaluate.headline=log_loss",
        "gate.champion.at_least=0.0",
        "+gate.requirements.data.failed=review",
    ],
)
def test_the_last_possible_setting_passes(override: str) -> None:
    composed(override)


def test_the_methods_of_a_split_are_those_that_prepare_knows() -> None:
    assert ranges.SPLITS == splitting.METHODS


def test_a_specificity_without_a_positive_label_is_refused() -> None:
    with pytest.raises(InputError, match="decision.specificity in conf/ needs decision.positive"):
        composed("+decision.specificity=0.9")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("evaluate.metrik", "; did you mean evaluate.metric?"),
        ("bias.gaps", "; did you mean bias.gap?"),
        ("accuracy", ": there are validate."),
    ],
)
def test_a_requirement_of_a_mistyped_check_is_refused(check: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        composed(f"gate.requirements.accuracy.check={check}")
    assert f"gate.requirements.accuracy.check in conf/ is {check!r}, which is no check{said}" in str(caught.value)


@pytest.mark.parametrize(
    "check", ["evaluate.*", "evaluate.triage", "validate.expect_table_row_count_to_equal", "*.gap"]
)
def test_a_check_of_any_system_may_be_asked_for(check: str) -> None:
    composed(f"gate.requirements.accuracy.check={check}")
