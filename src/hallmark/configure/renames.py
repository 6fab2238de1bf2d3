"""Changes of a mapping of a YAML file: a key or a value gets another name, and comments stay."""

from collections.abc import Callable

from ruamel.yaml.comments import CommentedMap

Change = Callable[[CommentedMap], None]


def rename_key(former: str, today: str) -> Change:
    """Return the change that calls a key by its name of today, in its place among the others."""

    def change(section: CommentedMap) -> None:
        if former not in section or today in section:
            return
        position = list(section).index(former)
        comment = section.ca.items.pop(former, None)
        section.insert(position, today, section.pop(former))
        if comment is not None:
            section.ca.items[today] = comment

    return change


def rename_values(key: str, values: dict[str, str]) -> Change:
    """Return the change that replaces former values of a key by those of today."""

    def change(section: CommentedMap) -> None:
        value = section.get(key)
        if isinstance(value, str) and value in values:
            section[key] = type(value)(values[value])  # ruamel's texts know their quotes

    return change
