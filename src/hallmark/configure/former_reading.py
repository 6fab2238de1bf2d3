"""Migration of the section `prepare.reading`: from the former shapes, one for each system, to today's.

Today every system has `columns` (role → column), `labels` (raw value → label), `groups` and
`bands`.
"""

from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from hallmark.configure.renames import rename_key

# A former key at the top of the section, which named a column → the role of that column today.
_ROLE_BY_FORMER_KEY = {
    "id": "id",
    "episode": "entity",
    "entity": "entity",
    "step": "step",
    "time": "time",
    "label": "label",
    "action": "label",
}
_ROLES_OF_INTERACTIONS = ("user", "item", "time")  # former keys below `interactions`, called as the roles
# A joined table → the former key that named its key column, and that column where the key was left
# out.
_FORMER_KEY_COLUMNS = {"users": "user", "items": "item"}


def reshape_reading(reading: CommentedMap) -> None:
    """Give the section today's shape, in place. Keys that have it already stay as they are."""
    for former, role in _ROLE_BY_FORMER_KEY.items():
        _move_role(reading, reading, former, role)

    interactions = reading.get("interactions")
    if isinstance(interactions, CommentedMap):
        for role in _ROLES_OF_INTERACTIONS:
            _move_role(reading, interactions, role, role)
        rename_key("columns", "header")(interactions)
    for name, key in _FORMER_KEY_COLUMNS.items():
        table = reading.get(name)
        if isinstance(table, CommentedMap):
            _reshape_joined_table(reading, table, key)

    if isinstance(reading.get("labels"), CommentedSeq):
        reading["labels"] = _as_mapping(reading["labels"])
    _reshape_groups(reading.get("groups"))
    _reshape_bands(reading.get("bands"))


def _move_role(reading: CommentedMap, section: CommentedMap, former: str, role: str) -> None:
    """Move a column's name from the key `former` of `section` to `columns.<role>` of `reading`.

    An empty name becomes null. Nothing is moved where `columns` has the role already.
    """
    if former not in section or not isinstance(section[former], str | None):
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
    """Rename the keys of a table of users or items, and move its groups and bands up into `reading`.

    `key` is the table's former key that named the key column, and that column's default name.
    """
    rename_key("columns", "header")(table)
    rename_key(key, "key")(table)
    if "file" in table and "key" not in table:
        table.insert(list(table).index("file") + 1, "key", key)
    for name in ("groups", "bands"):
        if name in table and name not in reading:
            reading[name] = table.pop(name)
        elif name in table and not table[name]:
            del table[name]


def _reshape_groups(groups: Any) -> None:
    """Make a mapping of each group: a former text was its column, a former mapping was its names."""
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
    """Rename the key `descriptor` of each band to `column`."""
    if not isinstance(bands, CommentedMap):
        return
    for band in bands.values():
        if isinstance(band, CommentedMap):
            rename_key("descriptor", "column")(band)


def _as_mapping(labels: CommentedSeq) -> CommentedMap:
    """Return a list of labels as a mapping of each to itself, since the raw values were the labels."""
    mapping = CommentedMap((label, label) for label in labels)
    if labels.fa.flow_style():
        mapping.fa.set_flow_style()
    for index, label in enumerate(labels):
        comment = labels.ca.items.get(index)
        if comment is not None:
            mapping.ca.items[label] = [None, None, comment[0], None]  # ruamel's place for one behind a value
    return mapping


def _in_one_line(content: dict[str, Any]) -> CommentedMap:
    """Return a mapping that ruamel writes in one line, {a: b}."""
    mapping = CommentedMap(content)
    mapping.fa.set_flow_style()
    return mapping
