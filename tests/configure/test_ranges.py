"""Settings of the right type that no stage could work with: refused with key, value and what is allowed."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from composed import CONF, SYSTEMS, checked, parameters_with, stated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from hallmark.configure.composition import compose_task
from hallmark.errors import InputError


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        ("prepare.split.method=random", "one of entity, time, entity_and_time, leave_last_out, published"),
        ("+decision.specificity=1.0", "between 0 and 1, or null"),
        ("+decision.specificity=0.0", "between 0 and 1, or null"),
        ("train.epochs=0", "at least 1"),
        ("train.batch_size=-4", "at least 1"),
        ("train.checkpoint_steps=0", "at least 1"),
        ("train.optimizer.lr=0.0", "above 0"),
        ("train.optimizer.lr=nan", "above 0"),
        ("train.optimizer.weight_decay=-0.1", "0 or more"),
        ("train.scheduler.warmup=1.0", "from 0 to less than 1"),
        ("train.scheduler.warmup=-0.1", "from 0 to less than 1"),
        ("evaluate.max_train_rows=0", "at least 1"),
        ("evaluate.target_selective_risk=1.0", "between 0 and 1"),
        ("bias.confidence=95.0", "between 0 and 1"),
        ("drift.alpha=0.0", "between 0 and 1"),
        ("drift.min_effect_size=0.0", "above 0"),
        ("drift.n_permutations=19", "at least 20"),
        ("drift.max_rows=0", "at least 1"),
        ("gate.champion.at_least=nan", "a finite number"),
        ("validate.expectations.no_bare_page.arguments.max_value=nan", "a finite number"),
        ("gate.champion.at_least=-inf", "a finite number"),
        ("+gate.requirements.data.failed=warn", "one of blocked, review"),
        ("gate.requirements.data.unresolved=pass", "one of blocked, review"),
        ("publish.experiment=team/digits", "a name of at most 200 characters without '/'"),
        ("publish.model_name=''", "a name of at most 200 characters without '/'"),
        ("publish.model_name='a:b'", "a name of at most 200 characters without '/'"),
        ('publish.model_name="o\'clock"', "a name of at most 200 characters without '/'"),
        ("publish.model_name=' a'", "a name of at most 200 characters without '/'"),
        ("publish.model_name=..", "a name of at most 200 characters without '/'"),
        ("seed=-1", "from 0 to 268435455"),
        ("seed=268435456", "from 0 to 268435455"),
        ("validate.minimum_per_group=-1", "at least 0"),
        ("+decision.mistake=nan", "0 or more"),
        ("prepare.reading.height=0", "at least 1"),
        ("prepare.reading.channels=2", "one of 1, 3"),
        ("train.network.width=0", "at least 1"),
        ("train.network.dropout=1.0", "from 0 to less than 1"),
        ("train.augmentation.rotation=inf", "from 0 to 180"),
        ("prepare.split.fractions.train=1.5", "from 0 to 1"),
        ("prepare.split.fractions.test=-0.1", "from 0 to 1"),
        ("drift.n_permutations=58", "at least 59, since with drift.alpha 0.05"),
        ("gate.requirements.recall.at_least=nan", "a finite number, or null"),
        ("+gate.requirements.recall.at_most=inf", "a finite number, or null"),
        ("evaluate.primary_metric=roc_auc", "one of evaluate.metrics, ['accuracy', "),
    ],
)
def test_an_impossible_setting_is_refused(override: str, allowed: str) -> None:
    key, value = override.removeprefix("+").split("=")
    with pytest.raises(InputError, match=rf"{re.escape(key)} in conf/ is .*must be {re.escape(allowed)}") as caught:
        parameters_with(override)
    assert value.strip("'") in str(caught.value)


@pytest.mark.parametrize(
    "override",
    [
        "train.epochs=1",
        "train.optimizer.weight_decay=0.0",
        "train.scheduler.warmup=0.0",
        "drift.n_permutations=59",
        "seed=268435455",
        "seed=0",
        "gate.champion.at_least=0.0",
        "+gate.requirements.data.failed=review",
    ],
)
def test_the_last_possible_setting_passes(override: str) -> None:
    parameters_with(override)


def test_another_primary_metric_passes_where_the_requirements_name_it_too() -> None:
    parameters_with("evaluate.primary_metric=log_loss", "gate.requirements.beats_the_rule.metric=log_loss")


def test_a_mistyped_metric_is_refused() -> None:
    for key in ("evaluate.metrics", "bias.metrics"):
        with pytest.raises(InputError, match=rf"{key}\[1\] in conf/ is 'accurracy': it must be one of accuracy, "):
            parameters_with(f"{key}=[accuracy,accurracy]")


def test_a_specificity_without_a_positive_label_is_refused() -> None:
    with pytest.raises(InputError, match="decision.specificity in conf/ is 0.9, but it needs decision.positive"):
        parameters_with("+decision.specificity=0.9")


def refusal(task: str, **changes: object) -> str:
    """What `configure` says of a task whose settings are changed, by dotted key with __ for each dot; "" if nothing."""
    content = stated(task)
    for key, value in changes.items():
        OmegaConf.update(content, key.replace("__", "."), value, merge=False, force_add=True)
    try:
        checked(task, content)
    except InputError as error:
        return str(error)
    return ""


OWN = {"train": 0.5, "validation": 0.2, "test": 0.2, "recent": 0.1}


@pytest.mark.parametrize(
    ("task", "changes", "sentence"),
    [
        (
            "image",
            {"prepare__split__fractions": OWN | {"recent": 0.2}},
            "fractions in conf/ sum to 1.1: they are shares",
        ),
        ("image", {"prepare__split__fractions": OWN | {"validation": 0}}, "fractions.validation in conf/ is 0"),
        ("image", {"prepare__split__fractions": OWN | {"test": 0}}, "fractions.test in conf/ is 0"),
        (
            "image",
            {"prepare__split__windows": {"train": 0.5, "test": 0.3, "recent": 0.2}},
            "is for the method entity_an",
        ),
        (
            "fraud",
            {"prepare__split__windows": {"train": 0.9, "test": 0.3, "recent": 0.2}},
            "windows in conf/ sum to 1.4",
        ),
        ("image", {"prepare__split__method": "published"}, "fractions.test in conf/ is 0.3: a published test split"),
        (
            "image",
            {"gate__requirements__recall__at_most": 0.05},
            "recall.at_least in conf/ is 0.1: it must not be above",
        ),
        (
            "fraud",
            {"decision__positive": "Fraud"},
            "decision.positive in conf/ names the label 'Fraud': it must be one",
        ),
        ("fraud", {"decision__matrix": {"honest": {"fraud": 1.0}}}, "decision.matrix.honest in conf/ names the label"),
        (
            "medical",
            {"decision__matrix": {"clear": {"x": 1.0}}},
            "decision.matrix.clear.x in conf/ names the label 'x'",
        ),
        ("fraud", {"decision__scale": {"x": "descriptor.amount"}}, "decision.scale.x in conf/ names the label 'x'"),
        (
            "fraud",
            {"decision__scale": {"fraud": "group.region"}},
            "decision.scale.fraud in conf/ is 'group.region': it must",
        ),
        (
            "fraud",
            {"decision__scale": {"fraud": "id"}},
            "decision.scale.fraud in conf/ is 'id': it must be a descriptor",
        ),
        (
            "fraud",
            {"decision__scale": {"fraud": "amount"}},
            "decision.scale.fraud in conf/ is 'amount': it must be a d",
        ),
        ("fraud", {"decision__scale": {"fraud": "descriptor."}}, "decision.scale.fraud in conf/ is 'descriptor.': it "),
        ("fraud", {"prepare__reading__labels": {"0": "a", "1": "a"}}, "must name at least two labels"),
        ("fraud", {"prepare__reading__labels": {}}, "labels in conf/ is []: it must name at least two labels"),
        (
            "language",
            {"train__network__heads": 5},
            "width in conf/ is 96: it must be a multiple of train.network.heads, 5",
        ),
        (
            "language",
            {"evaluate__diagnostics__temperatures": []},
            "temperatures in conf/ is []: it must hold at least one",
        ),
        ("fraud", {"train__network__width": 30}, "width in conf/ is 30: with prepare.reading.history it must be a mul"),
        ("language", {"prepare__reading__overlap": 128}, "overlap in conf/ is 128: it must be less than"),
        ("recommendation", {"prepare__reading__memory": 49}, "memory in conf/ is 49: it must be at least"),
        ("robotics", {"prepare__reading__actions": {"torque": {"low": 2, "high": 2}}}, "low must be less than high"),
        ("speech", {"train__network__kernel": 8}, "train.network.kernel in conf/ is 8: it must be odd"),
        ("speech", {"train__network__width": 0}, "train.network.width in conf/ is 0: it must be at least 1"),
        ("speech", {"train__network__speed": 1.0}, "speed in conf/ is 1.0: it must be from 0 to less than 1"),
        ("speech", {"raw__clips": 1}, "raw.clips in conf/ is 1: it must be at least 2"),
        ("language", {"train__network__memory": -1}, "memory in conf/ is -1: it must be at least 0"),
        ("language", {"train__network__forget": 1.0}, "forget in conf/ is 1.0: it must be from 0 to less than 1"),
        ("robotics", {"train__network__bins": 0}, "bins in conf/ is 0: it must be at least 1"),
        ("medical", {"evaluate__diagnostics__shares": [1.5]}, "shares[0] in conf/ is 1.5: it must be between 0 and 1"),
        ("image", {"train__epochs": 10**400}, "train.epochs in conf/ is a whole number of 401 digits: it must fit"),
        ("image", {"train__optimizer__lr": 10**400}, "train.optimizer.lr in conf/ is a whole number of 401 digits"),
        ("image", {"train__optimizer__lr": -(10**400)}, "train.optimizer.lr in conf/ is a whole number of 401 digits"),
        (
            "robotics",
            {"prepare__reading__actions": {"torque": {"low": 10**400, "high": 2}}},
            "torque.low in conf/ is a",
        ),
        ("image", {"validate__expectations__x": {"type": "y", "arguments": {"v": 10**400}}}, "x.arguments.v in conf/"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(task: str, changes: dict[str, object], sentence: str) -> None:
    assert sentence in re.sub(r" in conf/\S*", " in conf/", refusal(task, **changes))


@pytest.mark.parametrize(
    ("task", "changes", "column", "hint"),
    [
        ("fraud", {}, "amuont", "; did you mean amount?"),
        (
            "fraud",
            {"history__terminals": None},
            "km_from_last",
            ": there are amount, hour, hours_since_last, history_length",
        ),
        ("medical", {}, "agee", "; did you mean age?"),
        ("fraud", {}, "km_from_last", ""),
        ("fraud", {"descriptors": ["worth"]}, "worth", ""),
        ("medical", {}, "brightness", ""),
    ],
)
def test_costs_are_scaled_by_a_descriptor_that_there_is(
    task: str, changes: dict[str, object], column: str, hint: str
) -> None:
    label = {"fraud": "fraud", "medical": "lesion"}[task]
    changes = {f"prepare__reading__{key}": value for key, value in changes.items()}
    said = refusal(task, decision__scale={label: f"descriptor.{column}"}, **changes)
    refused = f"decision.scale.{label} in conf/task/{task}.yaml is 'descriptor.{column}', which is no descriptor{hint}"
    assert (refused in re.sub(r" in conf/\S*", f" in conf/task/{task}.yaml", said)) if hint else said == ""


def test_a_published_split_needs_no_share_for_validation() -> None:
    own = {"prepare__split__method": "published"}
    shares = {"train": 1.0, "validation": 0, "test": 0, "recent": 0}
    assert refusal("image", **own, prepare__split__fractions=shares) == ""
    said = refusal("image", **own, prepare__split__fractions=shares | {"train": 0})
    assert "fractions.train in conf/ is 0" in said


NO_TIME = "which goes by time, but no example has one: name the column of times in prepare.reading.columns.time"
NO_SPLIT = "split.method in conf/ is 'published', but the raw data is read without a published split"
PUBLISHED = {"method": "published", "fractions": {"train": 0.8, "validation": 0.2}}


@pytest.mark.parametrize("method", ["time", "entity_and_time", "leave_last_out"])
def test_a_method_that_goes_by_time_needs_a_time(method: str) -> None:
    said = re.sub(r" in conf/\S*", " in conf/", refusal("speech", prepare__split__method=method))
    assert said == f"prepare.split.method in conf/ is {method!r}, {NO_TIME}, or set the method entity"
    assert refusal("speech", prepare__split__method=method, prepare__reading__columns__time="said_at") == ""
    said = refusal("medical", prepare__split__method=method, prepare__reading__columns__time=None)
    assert f"is {method!r}, {NO_TIME}" in re.sub(r" in conf/\S*", " in conf/", said)
    assert refusal("recommendation", prepare__split__method=method) == ""  # whose interactions always have times


def test_blocks_of_a_log_have_its_order_as_time() -> None:
    assert NO_TIME in refusal("robotics", prepare__split__method="time")
    assert refusal("robotics", prepare__split__method="time", prepare__reading__block=50) == ""


@pytest.mark.parametrize(
    ("task", "keys", "cure"),
    [
        ("fraud", {}, "set another method"),
        ("recommendation", {}, "set another method"),
        ("robotics", {}, "set another method"),
        ("speech", {}, "name its column in prepare.reading.columns.split, or set another method"),
        ("language", {}, "name its column in prepare.reading.columns.split, or set another method"),
        ("speech", {"columns__split": "part"}, ""),
        ("speech", {"format": "parquet", "transcripts": None}, ""),  # whose files may be named as splits
        ("language", {"columns__split": "folder"}, ""),
        ("language", {"format": "jsonl", "cut": None}, ""),  # which may have a column called split
        ("language", {"holdout": 0.2}, ""),
        ("language", {"splits": {"test.txt": "test"}}, ""),
        ("image", {}, ""),
        ("image", {"metadata": None}, ""),  # whose folders may be named as splits
        ("medical", {"format": "npz"}, ""),
    ],
)
def test_a_published_split_is_asked_for_where_one_can_be_read(task: str, keys: dict[str, object], cure: str) -> None:
    changes = {f"prepare__reading__{key}": value for key, value in keys.items()}
    said = refusal(task, prepare__split=PUBLISHED, **changes)
    assert re.sub(r" in conf/\S*", " in conf/", said) == (f"prepare.{NO_SPLIT}: {cure}" if cure else "")


def test_leaving_the_last_out_takes_any_fractions_and_no_windows() -> None:
    last_out = {"method": "leave_last_out", "fractions": {"train": 1.0, "validation": 0.6}}
    assert refusal("recommendation", prepare__split=last_out) == ""
    windows = {"train": 0.5, "test": 0.3, "recent": 0.2}
    said = refusal("recommendation", prepare__split=last_out | {"windows": windows})
    assert "is for the method entity_and_time, but prepare.split.method is 'leave_last_out'" in said


def test_costs_may_be_whole_numbers_and_are_not_negative() -> None:
    content = stated("fraud")
    OmegaConf.update(content, "decision.matrix", {"genuine": {"fraud": 5}, "fraud": {"genuine": 0}}, merge=False)
    matrix = checked("fraud", content).decision.matrix
    assert matrix == {"genuine": {"fraud": 5.0}, "fraud": {"genuine": 0.0}}
    assert isinstance(matrix["genuine"]["fraud"], float)

    for cost in (-5, -0.5, float("nan"), float("inf")):
        said = refusal("fraud", decision__matrix={"genuine": {"fraud": cost}})
        assert f"decision.matrix.genuine.fraud in conf/ is {cost!r}: it must be 0 or more" in said
    for wrong in ("much", True):
        assert "decision.matrix.genuine" in refusal("fraud", decision__matrix={"genuine": {"fraud": wrong}})


def test_a_network_without_clinical_columns_needs_no_units_for_them() -> None:
    sentence = refusal(
        "medical",
        train__network__clinical=0,
        prepare__reading__clinical={"numeric": [], "categorical": {}},
        validate__expectations={},  # one is on a clinical column
    )
    assert sentence == ""

    sentence = refusal("medical", train__network__clinical=0)
    assert "train.network.clinical in conf/ is 0: it must be at least 1" in sentence


@pytest.mark.parametrize(
    ("task", "name", "hint"),
    [
        ("fraud", "AGE", ": there are region, age"),
        ("fraud", "regions", "; did you mean region?"),
        ("medical", "SEXX", ": there are sex, site, kind, age, size"),
        ("recommendation", "genders", "; did you mean gender?"),
        ("language", "file", ": there are library"),
    ],
)
def test_a_group_that_nobody_defines_is_refused(task: str, name: str, hint: str) -> None:
    said = refusal(task, bias__groups=[name])
    assert f"bias.groups in conf/ names {name!r}, which prepare.reading defines as no group{hint}" in said


def test_groups_of_items_and_of_the_diagnostics_are_known() -> None:
    assert refusal("recommendation", bias__groups=["age", "gender", "genre", "popularity"]) == ""
    said = refusal("recommendation", prepare__reading__users=None, bias__groups=["popularity"])
    assert "bias.groups in conf/" not in said
    assert "gate.requirements.gender_gap.slice" in said  # which asks for a group that is not judged any more
    assert refusal("medical", evaluate__diagnostics__groups=["site", "age"]) == ""
    assert "evaluate.diagnostics.groups in conf/ names 'kinds'" in refusal(
        "medical", evaluate__diagnostics__groups=["kinds"]
    )


def test_all_mistakes_are_named_at_once() -> None:
    said = refusal("fraud", train__epochs=0, seed=-1, decision__positive="x", prepare__reading__file="/etc/passwd")
    for key in ("train.epochs", "seed", "decision.positive", "prepare.reading.file"):
        assert f"{key} in conf/" in said
    said = refusal("fraud", train__epochs="many", seed=None, train__network__dept=3, bias__metrics="roc_auc")
    for key in ("train.epochs", "seed", "train.network.dept", "bias.metrics"):
        assert key in said


@cache
def numbers(task: str) -> list[str]:
    """Return every key of a task whose value is a number."""
    settled = leaves(compose_task(CONF, task, system=SYSTEMS[task]).model_dump())
    return [key for key, value in settled if isinstance(value, int | float) and not isinstance(value, bool)]


def leaves(content: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value below `content` with its full key; the values of a list have its places."""
    if isinstance(content, dict):
        for name, inner in content.items():
            yield from leaves(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(content, list):
        for place, inner in enumerate(content):
            yield from leaves(inner, f"{key}[{place}]")
    else:
        yield key, content


ODD = [float("nan"), float("inf"), float("-inf"), -1, 0, 10**400, -(10**400), 2**63, 1e308, "many", "", None, [], {}]


@given(
    task=st.sampled_from(sorted(SYSTEMS)),
    changes=st.lists(st.tuples(st.integers(0, 999), st.integers(0, len(ODD) - 1)), min_size=1, max_size=3),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_number_of_a_configuration_is_taken_or_refused_by_a_sentence(
    task: str, changes: list[tuple[int, int]]
) -> None:
    keys = numbers(task)
    chosen = {keys[place % len(keys)]: ODD[odd] for place, odd in changes}

    content = stated(task)
    for key, value in chosen.items():
        OmegaConf.update(content, key, value, merge=False, force_add=True)
    try:
        taken = checked(task, content)
    except InputError:
        return
    left = [value for _, value in leaves(taken.model_dump()) if isinstance(value, float)]
    assert all(value - value == 0 for value in left)  # finite


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("evaluate.metrik", "; did you mean evaluate.metric?"),
        ("bias.gaps", "; did you mean bias.gap?"),
        ("accuracy", ": there are validate."),
        ("*.gap", "; did you mean bias.gap?"),  # no pattern, but the whole of a stage
        ("validate.expect_table_row_count_to_equal", ": there are validate."),  # none of the task's expectations
    ],
)
def test_a_requirement_of_a_mistyped_check_is_refused(check: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parameters_with(f"gate.requirements.accuracy.check={check}")
    assert f"gate.requirements.accuracy.check in conf/ is {check!r}, which is no check{said}" in str(caught.value)


@pytest.mark.parametrize("check", ["validate.*", "bias.*", "validate.not_blank", "validate.finite"])
def test_a_whole_stage_the_tasks_own_expectation_and_a_check_of_its_system_may_be_asked_for(check: str) -> None:
    parameters_with(f"gate.requirements.data.check={check}", "+gate.requirements.data.at_most=1.0")
