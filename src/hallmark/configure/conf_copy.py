"""The copy of conf/ that Hydra composes: with markers, and without what can't be composed.

Each unquoted Boolean and number is a marker (see `scalar_markers`). What a file may not have is
noted as a mistake and left out, or has a marker in its place, so that the composition goes on and
all mistakes are reported at once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from omegaconf._utils import get_yaml_loader

from hallmark.config import mistakes, parameters_model, words
from hallmark.config.mistakes import Mistake
from hallmark.config.section import Section
from hallmark.configure import conf_files, defaults_lists, references, scalar_markers
from hallmark.configure.conf_files import GLOBAL_PACKAGE
from hallmark.configure.scalar_markers import Scalar, Scalars
from hallmark.errors import InputError

_LOADER = get_yaml_loader()  # the one by which Hydra reads its files
_TAG = "tag:yaml.org,2002:"
_TEXT, _NULL, _MERGE = f"{_TAG}str", f"{_TAG}null", f"{_TAG}merge"
_TAGS_OF_MARKED_VALUES = {f"{_TAG}{kind}" for kind in ("bool", "int", "float")}
_KNOWN_TAGS = {*_TAGS_OF_MARKED_VALUES, _TEXT, _NULL, _MERGE, f"{_TAG}map", f"{_TAG}seq"}
_RESERVED_PACKAGE = re.compile(r"_\w+_")
_PRIMARY = Path("config.yaml")  # where Hydra begins
_TASK_LIST = Path("tasks.yaml")  # which Hydra does not read
_FURTHER_SECTION = "hydra"  # of Hydra itself, which conf/ does not configure


@dataclass
class Copy:
    """What `copy_conf` found in the files of conf/.

    `scalars`: each marker's scalar. `placeholders`: the markers of values that can't be used.
    `faults`: what the files may not have, each with its file.
    `unparsable`: the files that are no YAML, which are copied as they are: Hydra fails where the
    task uses one. `is_whole`: the files of the task and of its system are mappings of keys.
    `is_complete`: no other file is left out that may set keys of the task.
    """

    scalars: Scalars = field(default_factory=dict)
    faults: list[Mistake] = field(default_factory=list)
    unparsable: list[Mistake] = field(default_factory=list)
    placeholders: set[str] = field(default_factory=set)
    is_whole: bool = True
    is_complete: bool = True


@dataclass(frozen=True)
class _File:
    """A file of conf/ as nodes of YAML."""

    name: str  # in sentences: conf/task/image.yaml
    path: Path  # below conf/
    text: str
    root: yaml.Node | None
    package: list[str]
    is_own: bool  # it is the task's own file, or its system's

    @property
    def folder(self) -> str:
        """The folder below conf/; "" for conf/config.yaml."""
        parent = self.path.parent.as_posix()
        return "" if parent == "." else parent


def copy_conf(conf: Path, folder: Path, *, task: str, system: str) -> Copy:
    """Copy the YAML files of which the task may be composed, and return what was found in them.

    They are its own, its system's, all shared ones, and those of other tasks and systems that a
    defaults list names. The copies in `folder` have markers. Keys become text whatever they look
    like. The defaults lists have no markers, since Hydra reads them itself.
    """
    copy = Copy()
    model = parameters_model(system)
    own_files = {Path("task", f"{task}.yaml"), Path("system", f"{system}.yaml")}
    files = _parse_files(conf, folder, own_files, copy)

    packages = {file.path: _checked_package(file, model, copy) for file in files}
    for file in files:
        if isinstance(file.root, yaml.MappingNode):
            _Mending(file, copy).mend(file.root, ".".join(file.package))
        elif file.root is not None:
            _note(copy, Mistake("", f" {_kind(file.root)}: it must be a mapping of keys", file=file.name))
            copy.is_whole = copy.is_whole and not file.is_own
            copy.is_complete = False
        elif file.is_own and file.folder == "task" and file.root is None:
            _note(copy, Mistake("", " has no keys: it must state those of the task", file=file.name))
            copy.is_whole = False
    _mend_defaults(files, defaults_lists.options_by_group(conf), copy)
    _replace_collisions(files, model, copy)

    for file in files:
        _write(folder / file.path, packages[file.path], file.root)
    return copy


def _parse_files(conf: Path, folder: Path, own_files: set[Path], copy: Copy) -> list[_File]:
    """Return the files of which the task may be composed, sorted by path.

    Those that can't be parsed are left out, each with its mistake noted.
    """
    existing = {path.relative_to(conf) for path in conf_files.yaml_files(conf)} - {_TASK_LIST}
    shared = {path for path in existing if path.parts[0] not in conf_files.OWN_GROUPS}
    awaiting = sorted(existing & (own_files | shared))

    parsed: dict[Path, _File | None] = {}
    while awaiting:
        path = awaiting.pop(0)
        file = _parse(conf, path, folder, copy, is_own=path in own_files)
        parsed[path] = file
        named = _files_named_in_defaults(file) if file else set()
        awaiting += sorted(named & existing - parsed.keys() - {*awaiting})

    for path in sorted(existing - parsed.keys()):
        _note_unreadable(conf / path, copy)
    return [file for _, file in sorted(parsed.items()) if file]


def _note_unreadable(path: Path, copy: Copy) -> None:
    """Note that a file which the task does not need can't be read: DVC, which hashes all of conf/, needs it."""
    try:
        conf_files.read_text(path)
    except InputError as error:
        _note(copy, Mistake("", str(error)))
    except UnicodeDecodeError:
        return  # the task that needs the file says so


def _files_named_in_defaults(file: _File) -> set[Path]:
    """Return the paths below conf/ that a file's defaults list names, whether they exist or not."""
    entries = file.root.value if isinstance(file.root, yaml.MappingNode) else []
    lists = [value for name, value in entries if name.value == "defaults" and isinstance(value, yaml.SequenceNode)]
    return {
        Path(named)
        for nodes in lists
        for node in nodes.value
        for named in defaults_lists.files(_plain(node), file.folder)
    }


def _parse(conf: Path, relative: Path, folder: Path, copy: Copy, *, is_own: bool) -> _File | None:
    """Return a file's nodes; None for one that can't be read or is no YAML, with its mistake noted."""
    path = conf / relative
    name = conf_files.display_name(conf, path)
    try:
        text = conf_files.read_text(path)
        root = yaml.compose(text, Loader=_LOADER)
    except InputError as error:
        _note(copy, Mistake("", str(error)))
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        fault = Mistake("", f": {error.problem or conf_files.first_line(error)}", file=place)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        fault = Mistake("", f": {conf_files.first_line(error)}", file=name)
    else:
        return _File(name, relative, text, root, conf_files.package(conf, path, text), is_own)

    copy.unparsable.append(fault)
    target = folder / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("a: [", encoding="utf-8")  # whatever the fault, Hydra fails on it
    return None


def _note(copy: Copy, mistake: Mistake) -> None:
    if mistake not in copy.faults:
        copy.faults.append(mistake)


def _checked_package(file: _File, model: type[Section], copy: Copy) -> str | None:
    """Return the package that the copy of a file gets in its header; None for no header.

    A fault of the header is noted.
    """
    header = conf_files.package_header(file.text)
    sections = [field.alias or name for name, field in model.model_fields.items()]
    usual = GLOBAL_PACKAGE if file.is_own else None
    is_empty = file.root is None

    if header is None and file.is_own and not is_empty:
        words_of_fault = (
            f" has no header `# @package {GLOBAL_PACKAGE}`: without it its keys lie below "
            f"`{file.folder}`, where nothing reads them; make it the file's first line"
        )
        _note(copy, Mistake("", words_of_fault, file=file.name))
        return usual
    if header is None:
        return usual

    names = header.split(".")
    fault = ""
    if names[0] == _FURTHER_SECTION or "${" in header:
        fault = "conf/ does not configure Hydra"
    elif len(header.split()) > 1:
        fault = f"it must be one name, as `# @package {GLOBAL_PACKAGE}`"
    elif any(_RESERVED_PACKAGE.fullmatch(name) and name != GLOBAL_PACKAGE for name in names):
        fault = f"Hydra knows {GLOBAL_PACKAGE} alone{mistakes.did_you_mean(header, [GLOBAL_PACKAGE])}"
    elif file.is_own and names[0] not in (GLOBAL_PACKAGE, *sections):
        known = [GLOBAL_PACKAGE, *sections]
        fault = f"it must be {GLOBAL_PACKAGE}, or a section{mistakes.did_you_mean(names[0], known)}"
    if not fault:
        return header
    _note(copy, Mistake("the header", f"has the package {header!r}: {fault}", file=file.name))
    return usual


@dataclass
class _Mending:
    """The walk through one file that sets markers, and notes and takes out what it may not have."""

    file: _File
    copy: Copy
    visited: set[int] = field(default_factory=set)  # an alias (*name) stands for the node of its anchor

    def mend(self, node: yaml.Node, key: str) -> None:
        """Change the nodes below `node`, which lies at `key`, in place."""
        if id(node) in self.visited:
            return
        self.visited.add(id(node))

        if isinstance(node, yaml.MappingNode):
            node.value = list(self._mended_entries(node, key))
        elif isinstance(node, yaml.SequenceNode):
            for position, item in enumerate(node.value):
                self.mend(item, f"{key}[{position}]")
        if node.tag not in _KNOWN_TAGS:
            self._replace(node, key, f"has the YAML tag {node.tag!r}: write the value without it", line=True)
        elif isinstance(node, yaml.ScalarNode):
            self._mend_scalar(node, key)

    def _mended_entries(self, mapping: yaml.MappingNode, key: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Yield the entries of a mapping that a file may have."""
        lines: dict[str, int] = {}  # a name → its line
        for name_node, value in mapping.value:
            line = name_node.start_mark.line + 1
            if not isinstance(name_node, yaml.ScalarNode):
                self._note(key, f"has a key in line {line} that is no text: keys are plain names")
                continue

            name = scalar_markers.restore_texts(name_node.value, self.copy.scalars)  # an alias has a value's marker
            whole_key = f"{key}.{name}".lstrip(".")
            if name_node.tag == _MERGE:
                self._mend_merged(value, key)
                if self._is_mergeable(value):
                    yield name_node, value
                else:
                    self._note(whole_key, "merges what is no mapping of keys: refer to one by its anchor")
                continue

            fault = references.fault_of_key(name)
            if name in lines:
                fault = f"stands twice, in lines {lines[name]} and {line}: take one out"
            elif mapping is self.file.root and name == _FURTHER_SECTION:
                fault = f"is {scalar_markers.shortened(str(_plain(value)))}: conf/ does not configure Hydra"
            lines.setdefault(name, line)
            if fault:
                self._note(whole_key, fault)
                self.mend(value, whole_key)  # for the faults in it
                continue

            if not (mapping is self.file.root and name == "defaults"):
                self.mend(value, whole_key)
            yield _text_node(name, name_node), value

    def _mend_merged(self, value: yaml.Node, key: str) -> None:
        for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            self.mend(each, key)

    def _is_mergeable(self, value: yaml.Node) -> bool:
        merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
        return all(isinstance(each, yaml.MappingNode) for each in merged)

    def _mend_scalar(self, node: yaml.ScalarNode, key: str) -> None:
        if node.tag in _TAGS_OF_MARKED_VALUES:
            if "!" in _properties(self.file.text, node):
                fault = f"has a YAML tag before {node.value!r}: write the value without it"
                self._replace(node, key, fault, line=True)
            else:
                marker = scalar_markers.add(self.copy.scalars, self._scalar(node))
                _make_text(node, marker)
        elif node.tag == _NULL:
            node.value = "null"
            node.style = None
        else:
            fault = references.fault_of_text(node.value)
            if fault:
                self._replace(node, key, fault)
            else:
                _make_text(node, node.value)

    def _scalar(self, node: yaml.Node) -> Scalar:
        text = node.value if isinstance(node, yaml.ScalarNode) else _kind(node)
        return Scalar(text, self.file.path.as_posix(), node.start_mark.line + 1)

    def _replace(self, node: yaml.Node, key: str, fault: str, *, line: bool = False) -> None:
        """Note the fault of a value, and set a marker in its place that is no value."""
        self._note(key, fault, line=node.start_mark.line + 1 if line else None)
        _make_placeholder(node, self._scalar(node), self.copy)

    def _note(self, key: str, fault: str, line: int | None = None) -> None:
        where = f"{self.file.name}, line {line}," if line else self.file.name
        _note(self.copy, Mistake(key, fault, file=where))


def _mend_defaults(files: list[_File], groups: dict[str, list[str]], copy: Copy) -> None:
    """Note each fault in the defaults lists of `files`, and take its entry out."""
    lists = {file.path: _defaults_of(file, copy) for file in files}

    named_by_file: dict[Path, dict[str, str]] = {}
    for file in files:
        parsed = [defaults_lists.parse(_plain(node), file.folder) for node in lists[file.path]]
        named_by_file[file.path] = {
            entry.key: ", ".join(entry.options) for entry in parsed if entry and entry.is_naming
        }
        if file.path == _PRIMARY:
            for group in conf_files.OWN_GROUPS:
                if group not in named_by_file[file.path]:
                    fault = f"has no entry `{group}: ???`, by which the file of the {group} is taken: add it"
                    _note(copy, Mistake("defaults", fault, file=file.name))

    for file in files:
        named: dict[str, str] = {}
        for path, own in named_by_file.items():
            if path != file.path:
                named |= own
        kept: list[yaml.Node] = []
        for node in lists[file.path]:
            entry = _plain(node)
            fault = defaults_lists.forbidden(entry) or defaults_lists.fault(
                entry, file.folder, groups, named, is_primary=file.path == _PRIMARY
            )
            kept_entries = [_plain(each) for each in kept]
            if not fault and defaults_lists.is_among(entry, kept_entries, file.folder):
                fault = f"has a second {defaults_lists.shown(entry)}: take one out"
            if fault:
                _note(copy, Mistake("defaults", fault, file=file.name))
                parsed_entry = defaults_lists.parse(entry, file.folder)
                copy.is_complete = copy.is_complete and parsed_entry is not None and parsed_entry.is_override
            else:
                kept.append(node)
        _set_defaults(file, kept)


def _defaults_of(file: _File, copy: Copy) -> list[yaml.Node]:
    """Return the entries of a file's defaults list; that it is no list is noted."""
    for name, value in file.root.value if isinstance(file.root, yaml.MappingNode) else []:
        if name.value == "defaults" and isinstance(value, yaml.SequenceNode):
            return list(value.value)
        if name.value == "defaults":
            fault = f"{_kind(value)}: it must be a list, as `defaults: [{{override /gate: high_stakes}}]`"
            _note(copy, Mistake("defaults", fault, file=file.name))
    return []


def _set_defaults(file: _File, nodes: list[yaml.Node]) -> None:
    """Set a file's defaults list, or take it out where it is no list."""
    if not isinstance(file.root, yaml.MappingNode):
        return
    entries = []
    for name, value in file.root.value:
        if name.value != "defaults":
            entries.append((name, value))
        elif isinstance(value, yaml.SequenceNode):
            value.value = nodes
            entries.append((name, value))
    file.root.value = entries


def _replace_collisions(files: list[_File], model: type[Section], copy: Copy) -> None:
    """Note each list in the place of another file's mapping, or the reverse, which Hydra can't merge.

    The one that the `model` does not have there gets a marker in its place.
    """
    nodes: dict[tuple[str, ...], list[tuple[_File, yaml.Node]]] = {}
    for file in files:
        if isinstance(file.root, yaml.MappingNode):
            for place, node in _collections(file.root, tuple(file.package), set()):
                nodes.setdefault(place, []).append((file, node))

    for place, candidates in nodes.items():
        kinds = {type(node) for _, node in candidates}
        if len(kinds) < 2:
            continue
        wanted_type = scalar_markers.type_at(model, place)
        wanted = scalar_markers.kind_of_node(wanted_type) or type(candidates[0][1])
        for file, node in candidates:
            if type(node) is not wanted:
                expected = words.of(model, place).whole if scalar_markers.kind_of_node(wanted_type) else "as elsewhere"
                fault = f"{_kind(node)}: it must be {expected}"
                where = f"{file.name}, line {node.start_mark.line + 1},"
                _note(copy, Mistake(".".join(place), fault, file=where))
                scalar = Scalar(_kind(node), file.path.as_posix(), node.start_mark.line + 1)
                _make_placeholder(node, scalar, copy)


def _collections(
    node: yaml.MappingNode, place: tuple[str, ...], visited: set[int]
) -> Iterator[tuple[tuple[str, ...], yaml.Node]]:
    """Yield each list and mapping below `node`, with its place; what lies in a list is left out."""
    if id(node) in visited:
        return
    visited.add(id(node))
    for name, value in node.value:
        own_place = (*place, name.value)
        if isinstance(value, yaml.MappingNode):
            yield own_place, value
            yield from _collections(value, own_place, visited)
        elif isinstance(value, yaml.SequenceNode) and own_place != ("defaults",):
            yield own_place, value


def _write(target: Path, package: str | None, root: yaml.Node | None) -> None:
    """Write the copy of a file; what is no mapping becomes an empty one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    header = f"# @package {package}\n" if package is not None else ""
    content = ""
    if isinstance(root, yaml.MappingNode):
        content = yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True, width=1_000_000)
    target.write_text(header + content, encoding="utf-8")


def _text_node(text: str, at: yaml.Node) -> yaml.ScalarNode:
    return yaml.ScalarNode(_TEXT, text, at.start_mark, at.end_mark, style='"')


def _make_text(node: yaml.ScalarNode, text: str) -> None:
    node.tag = _TEXT
    node.value = text
    node.style = '"'


def _make_placeholder(node: yaml.Node, scalar: Scalar, copy: Copy) -> None:
    """Turn a node, whatever it is, into a marker that is no value; its aliases turn as well."""
    marker = scalar_markers.add(copy.scalars, scalar)
    copy.placeholders.add(marker)
    node.__class__ = yaml.ScalarNode
    node.__dict__ |= {"tag": _TEXT, "value": marker, "style": '"'}


def _plain(node: yaml.Node) -> Any:
    """Return a node of a defaults list as mappings, lists and texts; null is None."""
    if isinstance(node, yaml.MappingNode):
        return {str(name.value): _plain(value) for name, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return None if node.tag == _NULL else node.value


def _kind(node: yaml.Node) -> str:
    """Return what a node is, in words: "is a list"."""
    if isinstance(node, yaml.SequenceNode):
        return "is a list"
    if isinstance(node, yaml.MappingNode):
        return "is a mapping"
    return f"is {scalar_markers.shortened(node.value)}"


def _properties(text: str, node: yaml.ScalarNode) -> str:
    """Return the anchor and tag before a plain scalar of the file's `text`, "" without any.

    A scalar in quotation marks or a block scalar has a number's or Boolean's type only by a tag: it
    is returned whole.
    """
    source = text[node.start_mark.index : node.end_mark.index]
    if node.style is None:
        return source[: len(source) - len(node.value)]
    return source
