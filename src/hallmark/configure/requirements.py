"""Validity of the gate's requirements: they may name only what the task's findings can have.

A requirement selects findings by a check and by fields, for example `{check: bias.gap, metric:
recall, slice: {region: north}}`. `slice` is the group that a finding is about, a value for each
name; `groups` are names alone, of a finding about all their values.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from hallmark import expectation_schema, systems
from hallmark.config import Parameters
from hallmark.config.mistakes import Mistake, until_value_missing
from hallmark.config.stages import Requirement
from hallmark.contracts import checks
from hallmark.contracts.checks import CHECKS, FAMILY, FIELDS, RAW, RAW_TYPES, SIGNATURE, SIMPLE_METHODS, WARNING, Check
from hallmark.contracts.slices import UNKNOWN
from hallmark.layout import JUDGED_STAGES

ANY = "*"  # stands for any value of a field, and of a group in a slice
_SECTION = "gate.requirements"
_MAX_AUDITED_GROUPS = 2  # in a slice or in `groups` of the stage bias, which judges single groups and pairs
# Why no requirement can select the checks of a stage that are made after the gate has judged.
_MADE_LATER = {
    "gate": f"the gate writes it once it has judged; a requirement may name {SIGNATURE}",
    "promote": "promotion measures it, and judges it by gate.champion.at_least",
}
_EXPLANATIONS = {
    "metric": "which the task does not measure there",
    "column": "which is no column that the check looks at",
    "label": "which is none of the task's labels",
    "scorer": "which is no scorer that the check looks at",
    "against": "which is nothing that the check compares the model with",
    "case": "which is none of the check's cases",
}


def mistakes(
    parameters: Parameters, is_shared: Callable[[str], bool], *, is_partial: bool = False
) -> Iterator[Mistake]:
    """Yield the mistakes of all requirements: whatever can select no finding of this task.

    `is_shared` says of a dotted key whether the shared defaults (conf/gate/) set it: these alone may
    name a check that the task's system does not offer. `is_partial`: values that the schema refused
    are missing from `parameters`, and already reported. A requirement whose validity depends on one
    is left out (see `until_value_missing`).
    """
    for name, requirement in parameters.gate.requirements.items():
        mistakes_of_one = _mistakes_of_one(f"{_SECTION}.{name}", requirement, parameters, is_shared)
        yield from until_value_missing(mistakes_of_one, is_partial=is_partial)


def _mistakes_of_one(
    place: str, requirement: Requirement, parameters: Parameters, is_shared: Callable[[str], bool]
) -> Iterator[Mistake]:
    """Yield the mistakes of one requirement, at the key `place`."""
    name = requirement.check
    named_checks = _named_checks(name, parameters)
    if not named_checks:
        suggestion = _suggestion(name, _check_names(parameters))
        yield Mistake(f"{place}.check", f"is {name!r}, which is no check{suggestion}")
        return

    judged_checks = [check for check in named_checks if _is_judged(check)]
    if not judged_checks:
        reason = _MADE_LATER[named_checks[0].stage]
        yield Mistake(f"{place}.check", f"is {name!r}, which no requirement can select: {reason}")
        return

    offered_checks = [check for check in judged_checks if check.is_offered_by(parameters.system)]
    if not offered_checks and not is_shared(f"{place}.check"):
        yield Mistake(f"{place}.check", _words_of_not_offered(judged_checks[0], parameters.system))
        return

    fields = [field for field in FIELDS if getattr(requirement, field)]
    yield from _unknown_fields(place, requirement, fields, offered_checks or judged_checks)
    if offered_checks:  # of others there are no findings in this task
        yield from _unknown_values(place, requirement, offered_checks, parameters)
    yield from _nothing_asked(place, requirement, offered_checks or judged_checks)


def _nothing_asked(place: str, requirement: Requirement, selected_checks: Sequence[Check]) -> Iterator[Mistake]:
    """Yield a mistake where there is no bound, and no check with verdicts of its own: nothing would be selected."""
    is_bounded = requirement.at_least is not None or requirement.at_most is not None
    if not is_bounded and not any(check.judges for check in selected_checks):
        words = f"asks nothing: findings of {requirement.check} are only measured, so set at_least or at_most"
        yield Mistake(place, words)


def _named_checks(name: str, parameters: Parameters) -> list[Check]:
    """Return the checks that a requirement's `check` names, in place of FAMILY those of the task's expectations."""
    expectation_checks = _expectation_checks(parameters)
    if name in expectation_checks:
        return [expectation_checks[name]]
    selected_checks = [_with_cases(check, parameters) for check in checks.selected(name)]
    named_checks = [check for check in selected_checks if check.name != FAMILY]
    if checks.is_whole_stage(name) and CHECKS[FAMILY] in selected_checks:
        named_checks += expectation_checks.values()
    return named_checks


def _expectation_checks(parameters: Parameters) -> dict[str, Check]:
    """Return the check of each of the task's expectations that are critical, by name: it is about its column, or the
    whole table.
    """
    by_name = {}
    for name, expectation in parameters.validation.expectations.items():
        if expectation.severity != "critical":
            continue
        column = expectation_schema.column_names(expectation.arguments)
        by_name[f"validate.{name}"] = replace(
            CHECKS[FAMILY],
            name=f"validate.{name}",
            columns=(column,) if column else (),
            subjects={("column",): "{column}"} if column else {(): "table"},
        )
    return by_name


def _with_cases(check: Check, parameters: Parameters) -> Check:
    """Return a check with the cases that it has in this task, where these are names of expectations or metrics."""
    if check.name == "drift.test":
        return replace(check, cases=tuple(name for name, metric in parameters.drift.metrics.items() if metric))
    if check.name not in (RAW, WARNING):
        return check
    validation = parameters.validation
    of_raw = {
        f"{table}.{name}": expectation.severity
        for table, section in validation.raw.items()
        for name, expectation in section.expectations.items()
    }
    if check.name == RAW:
        of_types = [f"{table}.{RAW_TYPES}" for table, section in validation.raw.items() if section.types]
        critical = [name for name, severity in of_raw.items() if severity == "critical"]
        return replace(check, cases=(*critical, *of_types))
    of_examples = {name: expectation.severity for name, expectation in validation.expectations.items()}
    return replace(check, cases=tuple(name for name, each in (of_examples | of_raw).items() if each == "warning"))


def _words_of_not_offered(check: Check, system: str) -> str:
    """Return the words on a check that the task's system does not offer."""
    others = " and ".join(sorted(check.systems or ()))
    offered = [each.name for each in _judged_checks_of(system) if each.stage == check.stage]
    return (
        f"is {check.name!r}, which the system {system} does not offer, only {others}: of {check.stage} there are "
        f"{', '.join(offered)}"
    )


def _unknown_fields(
    place: str, requirement: Requirement, fields: Sequence[str], selected_checks: Sequence[Check]
) -> Iterator[Mistake]:
    """Yield a mistake for each of the requirement's `fields` that no finding of the checks has, and
    one for fields that no finding has together.
    """
    name = requirement.check
    known_fields = [field for field in FIELDS if any(field in check.fields for check in selected_checks)]
    unknown_fields = [field for field in fields if field not in known_fields]
    for field in unknown_fields:
        fields_in_words = _listed(known_fields, "it has", "it has no fields")
        yield Mistake(f"{place}.{field}", f"is no field of the findings of {name}: {fields_in_words}")

    subjects = [subject for check in selected_checks for subject in check.subjects]
    if not unknown_fields and not any(set(fields) <= set(subject) for subject in subjects):
        *others, last = fields
        words = f"stands beside {', '.join(others)}, but no finding of {name} has them at once: leave one out"
        yield Mistake(f"{place}.{last}", words)


def _unknown_values(
    place: str, requirement: Requirement, selected_checks: Sequence[Check], parameters: Parameters
) -> Iterator[Mistake]:
    """Yield a mistake for each value that no finding of the selected checks can have in this task."""
    for field, words in _EXPLANATIONS.items():
        value = getattr(requirement, field)
        known = _known_values(field, selected_checks, parameters)
        if value and value != ANY and known is not None and not _is_among(value, known):
            yield Mistake(f"{place}.{field}", f"is {value!r}, {words}{_suggestion(value, known)}")

    for field in ("slice", "groups"):
        named_groups = getattr(requirement, field)
        known_groups = _known_values(field, selected_checks, parameters)
        for group in named_groups:
            if known_groups is not None and group not in known_groups:
                words = "which is no group that the task judges there"
                yield Mistake(f"{place}.{field}", f"names {group!r}, {words}{_suggestion(group, known_groups)}")

        may_be_pair = any(check.stage == "bias" and field in check.fields for check in selected_checks)
        if may_be_pair and len(named_groups) > _MAX_AUDITED_GROUPS:
            words = f"names {len(named_groups)} groups: single groups and pairs are judged"
            yield Mistake(f"{place}.{field}", words)
        elif not may_be_pair and len(named_groups) > 1:
            yield Mistake(f"{place}.{field}", f"names {len(named_groups)} groups: single groups are judged there")

    for group, value in requirement.slice.items():
        values = _known_group_values(group, selected_checks, parameters)
        if value != ANY and values is not None and value not in values:
            words = f"is {value!r}, which is no value of the group{_suggestion(value, values)}"
            yield Mistake(f"{place}.slice.{group}", words)


def _known_values(field: str, selected_checks: Sequence[Check], parameters: Parameters) -> list[str] | None:
    """Return the values (group names for `slice` and `groups`) that a field can have in findings of
    the checks; None where those of any check with this field are known from the data alone.

    These are the labels of a task that declares none (a transcript, the next item), and the column
    of `evaluate.single_input`: which inputs predict best is measured. Arrays are made of the raw
    files, and so are a few systems' descriptors: a column "array.…" is any.
    """
    known: list[str] = []
    for check in selected_checks:
        if field in check.fields:
            values = _values_of_check(field, check, parameters)
            if values is None:
                return None
            known += values
    return known


def _values_of_check(field: str, check: Check, parameters: Parameters) -> Sequence[str] | None:
    """Return the values that a field can have in findings of one check; None where they are not known."""
    if field == "metric":
        return [*_listed_at(check.metric_keys, parameters), *check.metrics]
    if field == "column":
        return _columns(check, parameters)
    if field == "label":
        return parameters.prepare.reading.label_names()
    if field == "scorer":
        return _scorers(check.scorers, parameters)
    if field == "against":
        return _scorers(check.against, parameters)
    if field == "case":
        return check.cases or _diagnosed_cases(check, parameters)
    return _groups(check, parameters)


def _known_group_values(group: str, selected_checks: Sequence[Check], parameters: Parameters) -> list[str] | None:
    """Return the values that a group can have in slices of the checks; None where they are known
    from the data alone: names as they are in the raw data.
    """
    if any("slice" in check.fields and check.groups for check in selected_checks):
        return None  # groups that the system makes by itself, such as the genre of an item
    values = parameters.prepare.reading.group_values(group)
    return None if values is None else [*values, UNKNOWN]


def _is_among(value: str, known: Sequence[str]) -> bool:
    """Return whether a value is known, or is a column of a kind of which any is, such as "array.*"."""
    kind, dot, _ = value.partition(".")
    return value in known or (bool(dot) and f"{kind}.*" in known)


def _is_judged(check: Check) -> bool:
    """Return whether the gate judges findings of the check: those of the stages before it, and the signature."""
    return check.stage in JUDGED_STAGES or check.name == SIGNATURE


def _judged_checks_of(system: str) -> list[Check]:
    """Return the checks that a requirement can select in a task of the system."""
    return [check for check in CHECKS.values() if _is_judged(check) and check.is_offered_by(system)]


def _check_names(parameters: Parameters) -> list[str]:
    """Return the names that `check` may have: checks, the task's expectations, and stages ("bias.*")."""
    judged_checks = _judged_checks_of(parameters.system)
    names = [check.name for check in judged_checks]
    stages = [f"{check.stage}.*" for check in judged_checks]
    return list(dict.fromkeys([*names, *_expectation_checks(parameters), *stages]))


def _listed_at(dotted_keys: Sequence[str], parameters: Parameters) -> list[str]:
    """Return the names at configuration keys, each of which has one name, or a list or mapping of names."""
    names: list[str] = []
    for dotted_key in dotted_keys:
        value: Any = parameters
        for key in dotted_key.split("."):
            value = getattr(value, key)
        names += [value] if isinstance(value, str) else value
    return names


def _groups(check: Check, parameters: Parameters) -> Sequence[str] | None:
    """Return the groups that findings of a check can be about; None where they are not known."""
    if check.groups:
        return check.groups
    if check.group_keys:
        return _listed_at(check.group_keys, parameters)
    return parameters.prepare.reading.group_names()


def _columns(check: Check, parameters: Parameters) -> list[str] | None:
    """Return the columns that findings of a check can be about; None where they are not known.

    "group.*" and "descriptor.*" are replaced by the columns that they stand for, where these are known.
    """
    if not check.columns:
        return None

    names_by_kind = {"group": _groups(check, parameters), "descriptor": parameters.prepare.reading.descriptor_names()}
    columns: list[str] = []
    for column in check.columns:
        kind, _, name = column.partition(".")
        names = names_by_kind.get(kind) if "*" in name else None
        columns += [column] if names is None else [column.replace("*", each) for each in names]
    return columns


def _scorers(declared: Sequence[str], parameters: Parameters) -> list[str]:
    """Return the names of the scorers that a check declares, with those of the system's simple methods."""
    simple_methods = systems.load(parameters.system).simple_method_names(parameters.answer)
    names: list[str] = []
    for scorer in declared:
        names += simple_methods if scorer == SIMPLE_METHODS else [scorer]
    return names


def _diagnosed_cases(check: Check, parameters: Parameters) -> list[str] | None:
    """Return the cases that the system's diagnostics make of their configuration; None where they make none."""
    cases = getattr(parameters.evaluate.diagnostics, "cases", None)
    return None if cases is None else cases(check.name)


def _suggestion(name: str, choices: Sequence[str]) -> str:
    """Return the end of a sentence: "; did you mean …?", or ": there are …" where no choice is near."""
    nearest = get_close_matches(name, choices, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else f": {_listed(choices, 'there are', 'there is none')}"


def _listed(names: Sequence[str], prefix: str, if_empty: str) -> str:
    """Return the names, each once, after `prefix`; `if_empty` where there are no names."""
    return f"{prefix} {', '.join(dict.fromkeys(names))}" if names else if_empty
