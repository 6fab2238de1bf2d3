"""Places in the text of a YAML file: which key and value stands where, so that an edit changes nothing else.

A file is parsed to PyYAML's nodes, which know their position in the text. An alias (`*base`) and a
merge (`<<: *base`) lead to the nodes of their anchor, so that one node may be seen at several places.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_MERGE = "tag:yaml.org,2002:merge"

Place = tuple[str, ...]  # the names and list indices on the way to a key: ("evaluate", "metrics", "0")


class Edit(NamedTuple):
    """The replacement of the characters from `start` to before `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Entry:
    """A key and its value at one place. `owner` is the mapping in which the key is written."""

    place: Place
    key: ScalarNode
    value: Node
    owner: MappingNode

    @property
    def is_alias(self) -> bool:
        """Whether the value is an alias, whose node stands at its anchor."""
        return self.value.start_mark.index < self.key.end_mark.index


def parse(text: str) -> Node | None:
    """Return the top node; None of an empty file. Raises PyYAML's errors."""
    node: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    return node


def source(text: str, node: Node) -> str:
    """Return the characters of a node, without the line ends that a block of text includes."""
    return text[node.start_mark.index : node.end_mark.index].rstrip()


def entries(node: Node | None, place: Place, outer: tuple[Node, ...] = ()) -> Iterator[Entry]:
    """Yield every key below `node`, which lies at `place`; merged ones too."""
    if node is None or node in outer:
        return
    if isinstance(node, SequenceNode):
        for index, inner in enumerate(node.value):
            yield from entries(inner, (*place, str(index)), (*outer, node))
    elif isinstance(node, MappingNode):
        for entry in own_entries(node, place):
            yield entry
            yield from entries(entry.value, entry.place, (*outer, node))


def own_entries(node: Node, place: Place, outer: tuple[Node, ...] = ()) -> Iterator[Entry]:
    """Yield the keys of one mapping, those that are merged into it first: of two with one name, the last counts."""
    if not isinstance(node, MappingNode) or node in outer:
        return
    for key, value in node.value:
        if key.tag == _MERGE:
            for merged in reversed(value.value) if isinstance(value, SequenceNode) else [value]:
                yield from own_entries(merged, place, (*outer, node))
    for key, value in node.value:
        if key.tag != _MERGE and isinstance(key, ScalarNode):
            yield Entry((*place, key.value), key, value, node)


def scalars(node: Node | None, place: Place, outer: tuple[Node, ...] = ()) -> Iterator[tuple[Place, ScalarNode]]:
    """Yield every value that is a scalar, with its place."""
    if isinstance(node, ScalarNode):
        yield place, node
    elif isinstance(node, SequenceNode) and node not in outer:
        for index, inner in enumerate(node.value):
            yield from scalars(inner, (*place, str(index)), (*outer, node))
    elif isinstance(node, MappingNode) and node not in outer:
        for entry in own_entries(node, place):
            yield from scalars(entry.value, entry.place, (*outer, node))


def apply(text: str, edits: set[Edit]) -> str:
    """Return the text with the edits, which don't overlap."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
