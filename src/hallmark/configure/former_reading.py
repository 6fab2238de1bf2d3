"""`prepare.reading` as it was written when each system had a shape of its own: the same in today's one shape."""

from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from hallmark.configure.renames import rename_key

# Keys that lay at the top of the section, or of `interactions`, and the role of the column that they name.
_ROLES = {
    "id": "id",
    "episode": "entity",
    "entity": "entity",
    "step": "step",
    "time": "time",
    "label": "label",
    "action": "label",
}
_ROLES_OF_INTERACTIONS = ("user", "item", "time")
_KEYS_OF_TABLES = {"users": "user", "items": "item"}  # the key by which a table's rows were found, and its default


def reshape_reading(reading: CommentedMap) -> None:
    """Rewrite the section in place; what has today's shape stays as it is."""
    for former, role in _ROLES.items():
        _move_role(reading, reading, former, role)

    interactions = reading.get("interactions")
    if isinstance(interactions, CommentedMap):
        for role in _ROLES_OF_INTERACTIONS:
            _move_role(reading, interactions, role, role)
        rename_key("columns", "header")(interactions)
    for name, key in _KEYS_OF_TABLES.items():
        table = reading.get(name)
        if isinstance(table, CommentedMap):
            _reshape_joined_table(reading, table, key)

    if isinstance(reading.get("labels"), CommentedSeq):
        reading["labels"] = _as_mapping(reading["labels"])
    _reshape_groups(reading.get("groups"))
    _reshape_bands(reading.get("bands"))


def _move_role(reading: CommentedMap, section: CommentedMap, former: str, role: str) -> None:
    """Move the column's name that stands under a former key to its role in `columns`; an empty one becomes null."""
    if not isinstance(section.get(former), str | None) or former not in section:
        return
    if "columns" not in reading:
        position = list(reading).index(former) if section is reading else 0
        reading.insert(position, "columns", CommentedMap())
    columns = reading["columns"]
    if not isinstance(columns, CommentedMap) or role in columns:
        return

    comment = section.ca.items.pop(former, None)
    columns[role] = section.pop(former) or None
    if comment is not None:
        columns.ca.items[role] = comment


def _reshape_joined_table(reading: CommentedMap, table: CommentedMap, key: str) -> None:
    """Give a table of users or items its key and header, and the section its groups and bands."""
    rename_key("columns", "header")(table)
    rename_key(key, "key")(table)
    if "file" in table and "key" not in table:
        table.insert(list(table).index("file") + 1, "key", key)
    for name in ("groups", "bands"):
        if name in table and name not in reading:
            reading[name] = table.pop(name)


def _reshape_groups(groups: Any) -> None:
    if not isinstance(groups, CommentedMap):
        return
    for name, group in groups.items():
        if isinstance(group, str):
            groups[name] = _in_one_line({} if group == name else {"column": group})
        elif isinstance(group, CommentedMap) and group and not {"column", "names"} & set(group):
            names = _in_one_line({"names": group})
            if not group.fa.flow_style():
                names.fa.set_block_style()
            groups[name] = names


def _reshape_bands(bands: Any) -> None:
    if not isinstance(bands, CommentedMap):
        return
    for band in bands.values():
        if isinstance(band, CommentedMap):
            rename_key("descriptor", "column")(band)


def _as_mapping(labels: CommentedSeq) -> CommentedMap:
    """Return a list of labels as a mapping of each to itself: so the raw data called them."""
    mapping = CommentedMap((label, label) for label in labels)
    if labels.fa.flow_style():
        mapping.fa.set_flow_style()
    for place, label in enumerate(labels):
        comment = labels.ca.items.get(place)
        if comment is not None:
            mapping.ca.items[label] = [None, None, comment[0], None]
    return mapping


def _in_one_line(content: dict[str, Any]) -> CommentedMap:
    mapping = CommentedMap(content)
    mapping.fa.set_flow_style()
    return mapping
