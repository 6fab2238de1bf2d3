"""Changes of one mapping of a YAML file, in place: a key is renamed, and comments stay."""

from collections.abc import Callable

from ruamel.yaml.comments import CommentedMap

Change = Callable[[CommentedMap], None]


def rename_key(former: str, today: str) -> Change:
    """Return the change that renames a key; its value, its comment and its place among the keys stay.

    Where the mapping already has the key `today`, it does nothing: only the person knows which
    value is meant.
    """

    def change(section: CommentedMap) -> None:
        if former not in section or today in section:
            return
        position = list(section).index(former)
        comment = section.ca.items.pop(former, None)  # ruamel keeps comments apart, by key
        section.insert(position, today, section.pop(former))
        if comment is not None:
            section.ca.items[today] = comment

    return change
