"""Mending of the defaults lists in the nodes of the files: a wrong entry is noted and taken out.

The lists get no markers, since Hydra reads them itself (`defaults_lists` has their grammar).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from hallmark.configure import conf_files, defaults_lists, scalar_markers, yaml_nodes
from hallmark.configure.copied_files import CopiedFile, Copy

_PRIMARY = Path("config.yaml")  # where Hydra begins
_EXAMPLE = "as `defaults: [{override /gate: high_stakes}]`"


def mend_defaults(files: Sequence[CopiedFile], options: Mapping[str, Collection[str]], copy: Copy) -> None:
    """Note each fault in the defaults lists of the files, and take the entry out.

    `options`: the names of the files in each group of conf/.
    """
    lists = {file.path: _entry_nodes(file, copy) for file in files}
    options_by_file = {
        file.path: _named_options([_content(node, copy) for node in lists[file.path]], file.group) for file in files
    }

    for file in files:
        if file.path == _PRIMARY:
            for group in conf_files.OWN_GROUPS:
                if group not in options_by_file[file.path]:
                    fault = f"has no entry `{group}: ???`, by which the file of the {group} is taken: add it"
                    copy.note_in_file(file, "defaults", fault)

    for file in files:
        options_of_others: dict[str, str] = {}
        for path, named_options in options_by_file.items():
            if path != file.path:
                options_of_others |= named_options

        kept_nodes: list[yaml.Node] = []
        kept_entries: list[Any] = []
        for node in lists[file.path]:
            entry = _content(node, copy)
            fault = _fault_of_entry(entry, kept_entries, file, options, options_of_others)
            if not fault:
                kept_nodes.append(node)
                kept_entries.append(entry)
                continue

            copy.note_in_file(file, "defaults", fault)
            parsed_entry = defaults_lists.parse(entry, file.group)
            is_override = parsed_entry is not None and parsed_entry.is_override
            if not is_override:  # a wrong override leaves the usual file of its group
                copy.is_complete = False
        _set_entry_nodes(file, kept_nodes)


def _entry_nodes(file: CopiedFile, copy: Copy) -> list[yaml.Node]:
    """Return the entries of a file's defaults list, without those that can't be read as such.

    Their faults are noted, and that there is something else than a list.
    """
    nodes: list[yaml.Node] = []
    for name, value in yaml_nodes.entries(file.root):
        if name.value != "defaults":
            continue
        fault = yaml_nodes.fault_of_tag(value, file.text)
        if not isinstance(value, yaml.SequenceNode):
            fault = f"{yaml_nodes.in_words(value)}: it must be a list, {_EXAMPLE}"
            copy.note_in_file(file, "defaults", fault)
        elif fault:
            copy.note_in_file(file, "defaults", fault, line=yaml_nodes.line_of(value))
            copy.is_complete = False
            yaml_nodes.turn_into_list(value)
        else:
            nodes = value.value

    readable_nodes = []
    for node in nodes:
        faults = dict.fromkeys(_faults_of_nodes(node, file.text))
        for line, fault in faults:
            copy.note_in_file(file, "defaults", fault, line=line)
        if faults:
            copy.is_complete = False
        else:
            readable_nodes.append(node)
    return readable_nodes


def _faults_of_nodes(node: yaml.Node, text: str) -> Iterator[tuple[int, str]]:
    """Yield each tag in an entry, and each key that is no text: the line, and words that follow "defaults"."""
    fault = yaml_nodes.fault_of_tag(node, text)
    if fault:
        yield yaml_nodes.line_of(node), fault
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _faults_of_nodes(item, text)
    for name, value in yaml_nodes.entries(node):
        if not isinstance(name, yaml.ScalarNode):
            yield yaml_nodes.line_of(name), f"has a key that is no text: it must be one group, {_EXAMPLE}"
        else:
            yield from _faults_of_nodes(name, text)
        yield from _faults_of_nodes(value, text)


def _content(node: yaml.Node, copy: Copy) -> Any:
    """Return an entry as mappings, lists and texts, also where it is an alias (*) that has a marker."""
    return scalar_markers.restore_texts(yaml_nodes.plain_content(node), copy.scalars)


def _named_options(entries: Sequence[Any], group: str) -> dict[str, str]:
    """Return the options that a list of a file in `group` gives to groups, without its overrides.

    By the key of each group: {"gate": "default"}.
    """
    parsed_entries = [defaults_lists.parse(entry, group) for entry in entries]
    return {entry.key: ", ".join(entry.options) for entry in parsed_entries if entry and entry.is_naming}


def _fault_of_entry(
    entry: Any,
    earlier_entries: Sequence[Any],
    file: CopiedFile,
    options: Mapping[str, Collection[str]],
    options_of_others: Mapping[str, str],
) -> str:
    """Return the fault of an entry, as words that follow "defaults"; "" without any.

    `options_of_others`: what the lists of other files give to groups.
    """
    fault = defaults_lists.forbidden(entry)
    if fault:
        return fault
    is_primary = file.path == _PRIMARY
    fault = defaults_lists.fault(entry, file.group, options, options_of_others, is_primary=is_primary)
    if fault:
        return fault
    if defaults_lists.is_among(entry, earlier_entries, file.group):
        return f"has a second {defaults_lists.shown(entry)}: take one out"
    return ""


def _set_entry_nodes(file: CopiedFile, nodes: list[yaml.Node]) -> None:
    """Set the entries of a file's defaults list, or take the key out where there is no list."""
    entries = []
    for name, value in yaml_nodes.entries(file.root):
        if name.value != "defaults":
            entries.append((name, value))
        elif isinstance(value, yaml.SequenceNode):
            value.value = nodes
            entries.append((name, value))
    if isinstance(file.root, yaml.MappingNode):
        file.root.value = entries
