"""Collisions: a list of one file in the place of another file's mapping, which Hydra can't merge."""

from collections.abc import Iterator, Sequence

import yaml

from hallmark.config import component, words
from hallmark.config.section import Section
from hallmark.configure import scalar_markers, yaml_nodes
from hallmark.configure.conf_files import GLOBAL_PACKAGE
from hallmark.configure.copied_files import CopiedFile, Copy

Place = tuple[str, ...]  # the names that lead to a value


def replace_collisions(files: Sequence[CopiedFile], model: type[Section], copy: Copy) -> None:
    """Note each list that stands in the place of another file's mapping, and each such mapping.

    Of the two it is the one that the `model` does not have there, and it gets a marker in its
    place. Where the model has no such key, the first file's kind is taken for the right one.
    """
    collections: dict[Place, list[tuple[CopiedFile, yaml.Node]]] = {}
    for file in files:
        for place, node in _collections_of(file):
            collections.setdefault(place, []).append((file, node))

    for place, candidates in collections.items():
        if component.is_in_component(place):  # arguments of options, of which one is composed
            continue
        is_collision = len({type(node) for _, node in candidates}) > 1
        if not is_collision:
            continue

        right_kind = scalar_markers.kind_of_node(scalar_markers.type_at(model, place))
        if right_kind is not None:
            expected = words.of(model, place).whole
        else:
            _, first_node = candidates[0]
            right_kind = type(first_node)
            expected = "as elsewhere"

        for file, node in candidates:
            if type(node) is not right_kind:
                fault = f"{yaml_nodes.in_words(node)}: it must be {expected}"
                copy.note_in_file(file, ".".join(place), fault, line=yaml_nodes.line_of(node))
                _leave_out(file, node, copy)


def _collections_of(file: CopiedFile) -> Iterator[tuple[Place, yaml.Node]]:
    """Yield each list and mapping of a file, with its place in the parameters.

    The file's root is the mapping of its package, and of each section around it. What lies in a
    list is left out, and so is the defaults list.
    """
    if not isinstance(file.root, yaml.MappingNode):
        return
    for length in range(1, len(file.package) + 1):
        yield file.package[:length], file.root

    visited: set[int] = set()
    for name, value in yaml_nodes.entries(file.root):
        if name.value != "defaults":
            yield from _collections_at((*file.package, name.value), value, visited)


def _collections_at(place: Place, node: yaml.Node, visited: set[int]) -> Iterator[tuple[Place, yaml.Node]]:
    """Yield a node that is a list or mapping, and each one below a mapping, with its place."""
    if isinstance(node, yaml.SequenceNode):
        yield place, node
    elif isinstance(node, yaml.MappingNode):
        yield place, node
        if id(node) not in visited:
            visited.add(id(node))
            for name, value in node.value:
                yield from _collections_at((*place, name.value), value, visited)


def _leave_out(file: CopiedFile, node: yaml.Node, copy: Copy) -> None:
    """Set a marker in the place of a node; a whole file becomes one without keys, at the top."""
    is_whole_file = node is file.root
    copy.replace(file, node)
    if is_whole_file:
        file.header = GLOBAL_PACKAGE
        copy.note_left_out(file)
