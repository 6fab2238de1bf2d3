"""Nodes of YAML: what a file holds before values are made of it, with its tags, anchors and lines."""

from collections.abc import Sequence
from typing import Any

import yaml

from hallmark.configure import scalar_markers

_TAG = "tag:yaml.org,2002:"
_LIST = f"{_TAG}seq"
_MAPPING = f"{_TAG}map"
NULL = f"{_TAG}null"
TEXT = f"{_TAG}str"
NUMBERS_AND_BOOLEANS = {f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"}
_MERGE = f"{_TAG}merge"
_EQUALS_SIGN = f"{_TAG}value"  # of an unquoted `=`, which YAML 1.1 once had for a mapping's default value
_TAGS_OF_PLAIN_SCALARS = {*NUMBERS_AND_BOOLEANS, NULL, _MERGE}  # YAML finds them by the spelling


def fault_of_tag(node: yaml.Node, text: str) -> str:
    """Return the fault of the YAML tag before a node of a file's `text`; "" without a tag.

    The tags that change nothing are allowed: `!!map` before a mapping, `!!seq` before a list, and
    `!!str` before a scalar, which quotation marks do as well.
    """
    if isinstance(node, yaml.MappingNode):
        is_known = node.tag == _MAPPING
    elif isinstance(node, yaml.SequenceNode):
        is_known = node.tag == _LIST
    elif isinstance(node, yaml.ScalarNode) and node.tag in _TAGS_OF_PLAIN_SCALARS:
        if "!" in _properties(node, text):
            return f"has a YAML tag before {node.value!r}: write the value without it"
        is_known = True
    elif node.tag == _EQUALS_SIGN:
        return "is written = without quotation marks, which is no value of YAML: quote it"
    else:
        is_known = node.tag == TEXT
    return "" if is_known else f"has the YAML tag {node.tag!r}: write the value without it"


def _properties(scalar: yaml.ScalarNode, text: str) -> str:
    """Return the anchor and the tag before a scalar that is no text; "" without both.

    A scalar in quotation marks or a block scalar is no text only by a tag: it is returned whole.
    """
    source = text[scalar.start_mark.index : scalar.end_mark.index]
    is_plain = scalar.style is None
    return source[: len(source) - len(scalar.value)] if is_plain else source


def is_merge(name: yaml.Node) -> bool:
    """Return whether the name of an entry is `<<`, which merges the keys of another mapping."""
    return name.tag == _MERGE


def merged_nodes(value: yaml.Node) -> list[yaml.Node]:
    """Return what `<<: value` merges: the value, or each item of a list."""
    return list(value.value) if isinstance(value, yaml.SequenceNode) else [value]


def merged_names(value: yaml.Node) -> set[str]:
    """Return the keys that `<<: value` merges, those that are merged into them among them."""
    names: set[str] = set()
    for mapping in merged_nodes(value):
        for name, inner in mapping.value:
            names |= merged_names(inner) if is_merge(name) else {name.value}
    return names


def entries(root: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return the names and values of a mapping; none of what is no mapping."""
    return list(root.value) if isinstance(root, yaml.MappingNode) else []


def find_recursion(root: yaml.Node | None) -> yaml.Node | None:
    """Return a node that an alias (*) inside it stands for; None where no node contains itself."""
    ancestors: set[int] = set()
    visited: set[int] = set()

    def find(node: yaml.Node) -> yaml.Node | None:
        if id(node) in ancestors:
            return node
        if id(node) in visited:
            return None
        visited.add(id(node))

        ancestors.add(id(node))
        for child in _children(node):
            recursive_node = find(child)
            if recursive_node is not None:
                return recursive_node
        ancestors.remove(id(node))
        return None

    return None if root is None else find(root)


def _children(node: yaml.Node) -> Sequence[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for entry in node.value for each in entry]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def line_of(node: yaml.Node) -> int:
    """Return the line in which a node begins, from 1."""
    return int(node.start_mark.line) + 1


def plain_content(node: yaml.Node) -> Any:
    """Return a node as mappings, lists and texts; null is None. It must not contain itself."""
    if isinstance(node, yaml.MappingNode):
        return {str(name.value): plain_content(value) for name, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain_content(item) for item in node.value]
    return None if node.tag == NULL else node.value


def in_words(node: yaml.Node) -> str:
    """Return what a node is, as words that follow its key: "is a list", "is abc"."""
    if isinstance(node, yaml.SequenceNode):
        return "is a list"
    if isinstance(node, yaml.MappingNode):
        return "is a mapping"
    return f"is {scalar_markers.shortened(node.value)}"


def text_node(text: str, at: yaml.Node) -> yaml.ScalarNode:
    """Return a new node for a text, in the place of another."""
    return yaml.ScalarNode(TEXT, text, at.start_mark, at.end_mark, style='"')


def turn_into_text(node: yaml.Node, text: str) -> None:
    """Make a node, whatever it is, the scalar of a text. All its aliases are the same node."""
    node.__class__ = yaml.ScalarNode
    node.__dict__ |= {"tag": TEXT, "value": text, "style": '"'}


def turn_into_list(node: yaml.SequenceNode) -> None:
    """Take the tag of a list away, and its items."""
    node.tag = _LIST
    node.value = []
