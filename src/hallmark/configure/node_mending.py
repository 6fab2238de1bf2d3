"""Mending of a file's nodes: markers for its numbers and Booleans, and nothing that it may not have."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from hallmark.configure import references, scalar_markers, yaml_nodes
from hallmark.configure.copied_files import CopiedFile, Copy
from hallmark.configure.package_headers import HYDRA_SECTION

_DEFAULTS = "defaults"


def mend_nodes(file: CopiedFile, copy: Copy) -> None:
    """Set the markers in a file, note what it may not have, and take that out or replace it.

    The defaults list stays as it is (see `defaults_mending`).
    """
    if file.root is None:
        if file.is_own and file.group == "task":
            copy.note_in_file(file, "", "has no keys: it must state those of the task")
            copy.is_whole = False
        return

    if isinstance(file.root, yaml.MappingNode):
        _Walk(file, copy).mend(file.root, ".".join(file.package))
    else:
        copy.note_in_file(file, "", f"{yaml_nodes.in_words(file.root)}: it must be a mapping of keys")

    has_keys = isinstance(file.root, yaml.MappingNode)  # it has a marker in its place where it had a tag
    if not has_keys:
        copy.note_left_out(file)


@dataclass
class _Walk:
    """The walk through the nodes of one file."""

    file: CopiedFile
    copy: Copy
    visited: set[int] = field(default_factory=set)  # an alias (*) is the very node of its anchor (&)

    def mend(self, node: yaml.Node, key: str) -> None:
        """Change a node that lies at `key`, and all nodes below it, in place."""
        if id(node) in self.visited:
            return
        self.visited.add(id(node))

        if isinstance(node, yaml.MappingNode):
            node.value = list(self._mended_entries(node, key))
        elif isinstance(node, yaml.SequenceNode):
            for position, item in enumerate(node.value):
                self.mend(item, f"{key}[{position}]")

        fault = yaml_nodes.fault_of_tag(node, self.file.text)
        if fault:
            self._replace(node, key, fault, line=yaml_nodes.line_of(node))
        elif isinstance(node, yaml.ScalarNode):
            self._mend_scalar(node, key)

    def _mended_entries(self, mapping: yaml.MappingNode, key: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Yield the entries that a mapping at `key` may have, mended."""
        is_top = mapping is self.file.root
        first_lines: dict[str, int] = {}  # a name → the line in which it stands first
        for name_node, value in mapping.value:
            line = yaml_nodes.line_of(name_node)
            if not isinstance(name_node, yaml.ScalarNode):
                self._note(key, f"has a key in line {line} that is no text: keys are plain names")
                continue

            has_tag = bool(yaml_nodes.fault_of_tag(name_node, self.file.text))
            if yaml_nodes.is_merge(name_node) and not has_tag:
                if self._is_mended_merge(value, key, is_top=is_top):
                    yield name_node, value
                continue

            # A name that is an alias (*) of a number has that number's marker by now.
            name = scalar_markers.restore_texts(name_node.value, self.copy.scalars)
            key_of_value = f"{key}.{name}".lstrip(".")
            if has_tag:
                self._note(key_of_value, "has a YAML tag before its name: write the name without it", line=line)

            if name in first_lines:
                fault = f"stands twice, in lines {first_lines[name]} and {line}: take one out"
            elif is_top and name == HYDRA_SECTION:
                content = scalar_markers.shortened(str(yaml_nodes.plain_content(value)))
                fault = f"is {content}: conf/ does not configure Hydra"
            else:
                fault = references.fault_of_key((*key.split("."), name))
            first_lines.setdefault(name, line)

            if fault:
                self._note(key_of_value, fault)
                self.mend(value, key_of_value)  # for the faults in it
                continue

            is_defaults_list = is_top and name == _DEFAULTS
            if not is_defaults_list:
                self.mend(value, key_of_value)
            yield yaml_nodes.text_node(name, name_node), value

    def _is_mended_merge(self, value: yaml.Node, key: str, *, is_top: bool) -> bool:
        """Mend what `<<: value` merges into the mapping at `key`, and return whether it can be merged.

        It can where it is one mapping or a list of them. At the top of a file it must not bring a
        defaults list or a section of Hydra, which Hydra would read like the file's own.
        """
        fault = yaml_nodes.fault_of_tag(value, self.file.text)
        for node in yaml_nodes.merged_nodes(value):
            self.mend(node, key)
        if fault and isinstance(value, yaml.SequenceNode):
            self._replace(value, key, fault, line=yaml_nodes.line_of(value))

        merged_nodes = yaml_nodes.merged_nodes(value)
        key_of_merge = f"{key}.<<".lstrip(".")
        if any(self.copy.is_placeholder(node) for node in merged_nodes):
            self.copy.is_complete = False
            return False
        if not all(isinstance(node, yaml.MappingNode) for node in merged_nodes):
            self._note(key_of_merge, "merges what is no mapping of keys: refer to one by its anchor")
            return False
        for name in sorted(yaml_nodes.merged_names(value) & {_DEFAULTS, HYDRA_SECTION}) if is_top else []:
            self._note(key_of_merge, f"merges the key {name}: take it out of the mapping that is merged")
            self.copy.is_complete = False
            return False
        return True

    def _mend_scalar(self, node: yaml.ScalarNode, key: str) -> None:
        """Set a marker for a number or Boolean; null stays null, and any other scalar is a text."""
        if node.tag in yaml_nodes.NUMBERS_AND_BOOLEANS:
            yaml_nodes.turn_into_text(node, self.copy.mark(self.file, node))
        elif node.tag == yaml_nodes.NULL:
            node.value = "null"
            node.style = None
        else:
            fault = references.fault_of_text(node.value)
            if fault:
                self._replace(node, key, fault)
            else:
                yaml_nodes.turn_into_text(node, node.value)

    def _replace(self, node: yaml.Node, key: str, fault: str, *, line: int | None = None) -> None:
        """Note the fault of a value, and set a marker in its place that is no value."""
        self._note(key, fault, line=line)
        self.copy.replace(self.file, node)

    def _note(self, key: str, fault: str, *, line: int | None = None) -> None:
        self.copy.note_in_file(self.file, key, fault, line=line)
