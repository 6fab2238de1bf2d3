"""Migration of the requirements of the gate, in all files of conf/ at once: `subject` becomes fields.

A requirement may be stated in several files, which are merged: a task's file changes some keys of
conf/gate/default.yaml. So what one file states depends on the others.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hallmark.configure import yaml_places
from hallmark.configure.conf_packages import default_names
from hallmark.configure.former_references import rename_references
from hallmark.configure.former_subjects import select_by_fields
from hallmark.configure.yaml_places import Edit, Entry, Place
from hallmark.contracts.checks import FIELDS
from hallmark.errors import InputError

_SECTION = ("gate", "requirements")
_RANKS = {"system": 1, "task": 2, "config.yaml": 3}  # the order of composition; every other folder comes before
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class ConfFile:
    """A file of conf/: its path below it, its text and nodes, and the packages that it may have."""

    path: PurePosixPath
    text: str
    node: Node | None
    packages: Sequence[Place]

    @property
    def rank(self) -> int:
        return _RANKS.get(self.path.parts[0], 0)


@dataclass
class Plan:
    """What becomes of a file's requirements: edits of its text, or sentences on what can't be rewritten.

    `expected`: the selection of each requirement after the edits, by its place.
    """

    edits: set[Edit] = field(default_factory=set)
    sentences: list[str] = field(default_factory=list)
    expected: dict[Place, dict[str, Any]] = field(default_factory=dict)


@dataclass
class _Requirement:
    """A requirement in one file: its keys, merged ones too, and what it selects by after the migration."""

    file: ConfFile
    place: Place
    keys: Mapping[str, Entry]
    selection: dict[str, Any]
    is_rewritten: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        return {name: value for name, value in self.selection.items() if name != "check"}


def plan(files: Sequence[ConfFile]) -> dict[PurePosixPath, Plan]:
    """Return the plan of each file."""
    plans = {file.path: Plan() for file in files}
    by_name: dict[str, list[_Requirement]] = {}
    for file in sorted(files, key=lambda file: file.rank):
        for requirement in _requirements(file):
            by_name.setdefault(requirement.place[-1], []).append(requirement)

    for requirements in by_name.values():
        for requirement in requirements:
            if "subject" in requirement.keys:
                _plan_one(requirement, _stated_before(requirement, requirements), plans[requirement.file.path])
        for requirement in requirements:
            _require_whole_selection(requirement, _stated_before(requirement, requirements), plans)
    return plans


def changed_selections(file: ConfFile, expected: Mapping[Place, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each requirement of a rewritten file that selects otherwise than it should.

    That is one into which an anchor merges fields that its own subject did not have.
    """
    for requirement in _requirements(file):
        wanted = expected.get(requirement.place)
        if wanted is not None and requirement.selection != wanted:
            yield (
                f"{'.'.join(requirement.place)} would get other fields by an anchor (<<): write its check and fields "
                "by hand, without the anchor"
            )


def _requirements(file: ConfFile) -> list[_Requirement]:
    """Return the requirements that a file states, each once."""
    found: dict[Place, _Requirement] = {}
    for package in file.packages:
        candidates: list[tuple[Place, Node]] = [(package, file.node)] if file.node is not None else []
        candidates += [(entry.place, entry.value) for entry in yaml_places.entries(file.node, package)]
        for place, node in candidates:
            if len(place) == len(_SECTION) + 1 and place[:-1] == _SECTION and isinstance(node, MappingNode):
                keys = {entry.place[-1]: entry for entry in yaml_places.own_entries(node, place)}
                selection = {name: _plain(keys[name].value) for name in ("check", *FIELDS) if name in keys}
                found[place] = _Requirement(file, place, keys, selection)
    return [*found.values()]


def _stated_before(requirement: _Requirement, requirements: Sequence[_Requirement]) -> list[_Requirement]:
    """Return those of the same name that are merged before this one: of a file that the same task may have."""
    return [other for other in requirements if _is_before(other.file, requirement.file)]


def _is_before(file: ConfFile, other: ConfFile) -> bool:
    """Return whether Hydra may merge `other` onto `file`. Two files of a folder exclude each other, unless
    one has the other among its defaults.
    """
    if file is other or file.rank > other.rank:
        return False
    if file.path.parts[0] == other.path.parts[0]:
        return file.path.stem in default_names(other.node)
    return True


def _plan_one(requirement: _Requirement, before: Sequence[_Requirement], plan: Plan) -> None:
    """Add to the plan the edit of one requirement's subject, or the sentence on why there is none."""
    key = ".".join((*requirement.place, "subject"))
    try:
        requirement.selection = _selection(requirement, before)
        edits = _edits(requirement)
    except InputError as error:
        plan.sentences.append(f"{key} {error}")
        return

    requirement.is_rewritten = True
    plan.expected[requirement.place] = requirement.selection
    other_edits = {edit.start: edit for edit in plan.edits}
    if any(other_edits.get(edit.start, edit) != edit for edit in edits):
        plan.sentences.append(f"{key} is shared by an anchor, and means different fields: write them by hand")
    plan.edits |= edits


def _selection(requirement: _Requirement, before: Sequence[_Requirement]) -> dict[str, Any]:
    """Return the fields for the subject of a requirement, and its check where it states one.

    Raises `InputError` with the words that follow the key in a sentence.
    """
    value = requirement.keys["subject"].value
    beside = [name for name in FIELDS if name in requirement.keys]
    if beside:
        raise InputError(f"stands beside {', '.join(beside)}, which took its place: delete one of them")
    if not isinstance(value, ScalarNode):
        raise InputError("is no text: write what it shall select by fields, such as `metric: accuracy`")
    if value.tag == _NULL and value.style is None:
        raise InputError("has no value: delete it, or write what it shall select by fields, such as `metric: accuracy`")

    own_check = requirement.selection.get("check")
    known_checks = (
        [str(own_check)] if own_check else sorted({check for other in before for check in _stated_check(other)})
    )
    if not known_checks:
        raise InputError(f"is {value.value!r}, and no file states the requirement's check: write it beside")
    earlier_fields = {name: each for other in before for name, each in other.fields.items()}
    subject = rename_references(value.value, [(*requirement.place, "subject")])
    selections = [{"check": check} | select_by_fields(check, subject, [*earlier_fields]) for check in known_checks]
    if len(known_checks) > 1 and any({**each, "check": ""} != {**selections[0], "check": ""} for each in selections):
        raise InputError(f"is {value.value!r}, and its check is one of {', '.join(known_checks)}: write both by hand")
    selection = selections[0]

    groups = sorted(earlier_fields.get("slice", {}).keys() - selection.get("slice", {}).keys())
    if groups:
        raise InputError(
            f"is {value.value!r}, and another file states the slice of {', '.join(groups)} for the same requirement, "
            "which would stay: give it another name, and write what it shall select"
        )
    todays_checks = {str(other.selection["check"]) for other in before if "check" in other.selection}
    if not own_check and {each["check"] for each in selections} == todays_checks:
        del selection["check"]
    elif len(known_checks) > 1:
        raise InputError(f"is {value.value!r}, and its check is one of {', '.join(known_checks)}: write both by hand")
    return selection


def _stated_check(requirement: _Requirement) -> list[str]:
    """Return the check that a requirement's file states, as it is written there; none where it states none."""
    return [str(_plain(requirement.keys["check"].value))] if "check" in requirement.keys else []


def _require_whole_selection(
    requirement: _Requirement, before: Sequence[_Requirement], plans: Mapping[PurePosixPath, Plan]
) -> None:
    """Add a sentence where a requirement with fields would keep further ones of an earlier file's subject."""
    if not requirement.fields or requirement.is_rewritten or "subject" in requirement.keys:
        return
    for other in before:
        missing = [name for name in other.fields if name not in requirement.fields]
        if other.is_rewritten and missing:
            plans[other.file.path].sentences.append(
                f"{'.'.join((*other.place, 'subject'))} would become {', '.join(missing)} too, which stay where "
                f"conf/{requirement.file.path} states fields of {requirement.place[-1]}: give one of them another name"
            )


def _edits(requirement: _Requirement) -> set[Edit]:
    """Return the edits that replace the subject by the fields, and the check by its name of today.

    Raises `InputError` where an anchor or alias stands there.
    """
    text = requirement.file.text
    subject = requirement.keys["subject"]
    own_keys = {key.value: (key, value) for key, value in subject.owner.value}
    new_keys = dict(requirement.selection)
    edits = set()

    check = requirement.keys.get("check")
    if "check" in own_keys and check is not None and check.owner is subject.owner:
        if _plain(check.value) != new_keys["check"]:
            _refuse_anchor(text, check)
            edits.add(Edit(check.value.start_mark.index, check.value.end_mark.index, str(new_keys["check"])))
        del new_keys["check"]
    elif check is not None and _plain(check.value) == new_keys.get("check"):
        del new_keys["check"]  # merged, and called as before

    _refuse_anchor(text, subject)
    edits.add(_replacement(text, subject, new_keys))
    return edits


def _refuse_anchor(text: str, entry: Entry) -> None:
    if entry.is_alias or yaml_places.source(text, entry.value).startswith(("&", "!")):
        raise InputError("has an anchor or alias (& or *): write the fields by hand")


def _replacement(text: str, subject: Entry, new_keys: Mapping[str, Any]) -> Edit:
    """Return the edit that writes the keys in the place of a subject, with the comment behind it."""
    in_flow = bool(subject.owner.flow_style)
    start = subject.key.start_mark.index
    end = subject.value.start_mark.index + len(yaml_places.source(text, subject.value))
    between = text[subject.key.end_mark.index : subject.value.start_mark.index]
    if isinstance(subject.value, ScalarNode) and subject.value.style in ("|", ">"):
        between += yaml_places.source(text, subject.value).splitlines()[0]
    comment = re.search(r"(?<=\s)#.*", between)
    if comment and in_flow:
        raise InputError("has a comment inside: write the fields by hand")

    newline = "\r\n" if "\r\n" in text else "\n"
    separator = ", " if in_flow else newline + " " * subject.key.start_mark.column
    written = separator.join(f"{name}: {_yaml(value, in_flow=in_flow)}" for name, value in new_keys.items())
    if written:
        return Edit(start, end, written + (f" {comment[0].rstrip()}" if comment else ""))
    if len(subject.owner.value) == 1:
        return Edit(start, end, "" if in_flow else "{}")
    return _removal(text, start, end, in_flow=in_flow)


def _removal(text: str, start: int, end: int, *, in_flow: bool) -> Edit:
    """Return the edit that takes a key out of a mapping of several; a comment behind it stays."""
    if in_flow:
        behind = re.compile(r"\s*,[ \t]*").match(text, end)
        if behind:
            return Edit(start, behind.end(), "")
        before = re.search(r",\s*$", text[:start])
        return Edit(before.start() if before else start, end, "")

    line_start = text.rfind("\n", 0, start) + 1
    line_end = re.compile(r"[ \t]*(\r?\n|$)").match(text, end)
    if line_end and not text[line_start:start].strip():
        return Edit(line_start, line_end.end(), "")
    behind = re.compile(r"[ \t]*").match(text, end)
    return Edit(start, behind.end() if behind else end, "")


def _yaml(value: Any, *, in_flow: bool) -> str:
    """Return a field's value as it is written: plain where YAML reads that as the same text, else in quotes."""
    if isinstance(value, Mapping):
        inner = [f"{_yaml(key, in_flow=True)}: {_yaml(each, in_flow=True)}" for key, each in value.items()]
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_yaml(each, in_flow=True) for each in value)}]"
    try:
        is_plain = yaml.safe_load(f"{{a: {value}}}" if in_flow else f"a: {value}") == {"a": value}
    except (yaml.YAMLError, ValueError):
        is_plain = False
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)


def _plain(node: Node) -> Any:
    """Return the value of a node with every scalar as its text."""
    if isinstance(node, MappingNode):
        return {key.value: each.value for key, each in node.value}
    if isinstance(node, SequenceNode):
        return [each.value for each in node.value]
    return node.value
