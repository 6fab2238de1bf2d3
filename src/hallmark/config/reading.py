"""The section `prepare.reading` as far as systems share it: which columns play which role, groups, bands, the source.

Each column has one role. A name that stands in two roles hides a leak: as a number and as a category it is one input in
two disguises, of which a test of single inputs takes away only one; as the label and an input it is the answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

from hallmark.config.section import Contradiction, Edges, Name, NameOrNone, Names, Section, setting

_INPUTS = frozenset({"input", "numeric", "categorical"})
_APART = (  # roles that no column may have together, and why
    (frozenset({"label"}), _INPUTS | {"medium", "name", "split", "time"}, "what is to be predicted can't be given"),
    (_INPUTS, frozenset({"name", "split"}), "what tells examples apart, or their split, is no input"),
    (frozenset({"numeric"}), frozenset({"categorical"}), "it would be there twice"),
    (frozenset({"interaction"}), frozenset({"interaction"}), "it would be there twice"),
)


class Band(Section):
    """A group made of a column of numbers. The edges are fixed here, so that no split is looked at to make them."""

    edges: Edges = setting(meaning="inner edges, ascending; a value on an edge belongs to the band above it")


class NamedBand(Section):
    """A group made of a descriptor, with names of one's own."""

    descriptor: Name = setting(meaning="the descriptor of an example that is cut into bands, such as `ink`")
    edges: Edges = setting(meaning="inner edges, ascending; a value on an edge belongs to the band above it")
    names: list[Name] = setting(meaning="the bands' names, one more than edges; two bands may have one name")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (one_name_a_band(self.edges, self.names),)


def one_name_a_band(edges: list[float], names: list[str]) -> Iterator[Contradiction]:
    """Yield a contradiction where the names are not one more than the edges."""
    if len(names) != len(edges) + 1:
        yield Contradiction("names", f"is {names}: {len(edges)} edges make {len(edges) + 1} bands, a name each")


class SourceWords(Section):
    """What the model card says of a person's own data; bundled data brings its own source.json."""

    title: Name = setting(meaning="what the data is called")
    origin: NameOrNone = setting("", meaning="where it comes from: an address, or words")
    licence: NameOrNone = setting("", meaning="under what terms it may be used")
    simulated: bool = setting(False, meaning="whether it was made by a program; the card says so")
    entity: Name = setting("example", meaning="the noun for an entity: patient, card, speaker")


class Reading(Section):
    """How raw files become examples. A system's own keys stand in a subclass."""

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._columns_in_two_roles(), self._groups_defined_twice(), self._too_few_labels())

    def label_names(self) -> list[str] | None:
        """Return the labels that the configuration declares, in their order, or None where it declares none."""
        labels = getattr(self, "labels", None)
        if not labels:
            return None
        return list(dict.fromkeys(labels.values() if isinstance(labels, Mapping) else labels))

    def group_names(self) -> list[str] | None:
        """Return the groups that this reading makes, or None where the configuration can't know them."""
        return [*getattr(self, "groups", {}), *getattr(self, "bands", {})]

    def _too_few_labels(self) -> Iterator[Contradiction]:
        labels = self.label_names()
        if labels is not None and len(labels) < 2:
            yield Contradiction("labels", f"is {labels}: it must name at least two labels")

    def _groups_defined_twice(self) -> Iterator[Contradiction]:
        yield from defined_twice("prepare.reading", getattr(self, "groups", {}), getattr(self, "bands", {}))

    def _columns_in_two_roles(self) -> Iterator[Contradiction]:
        keys_by_column: dict[str, list[_Role]] = {}
        for role, column in _roles(self, ""):
            keys_by_column.setdefault(column, []).append(role)

        for column, roles in keys_by_column.items():
            for one, other in combinations(roles, 2):
                reason = _conflict(one.kind, other.kind)
                if reason:
                    yield Contradiction(
                        other.key,
                        f"names {column!r}, which prepare.reading.{one.key} names, too: {reason}; "
                        "a column has one role, take it out of one of them",
                    )


def defined_twice(section: str, groups: Mapping[str, Any], bands: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Yield a contradiction for each name that stands among the groups and the bands of a section."""
    for name in sorted({*groups} & {*bands}):
        yield Contradiction(
            "bands",
            f"names {name!r}, which {section}.groups names, too: one group has one definition, "
            "take it out of one of them",
        )


class _Role(NamedTuple):
    key: str  # below prepare.reading
    kind: str


def _roles(section: Section, key: str) -> Iterator[tuple[_Role, str]]:
    """Yield each column that a key with a role names, with the key and the role."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        own_key = f"{key}.{name}".lstrip(".")
        if isinstance(value, Section):
            yield from _roles(value, own_key)

        extra = field.json_schema_extra
        if isinstance(extra, Mapping) and "role" in extra:
            columns = [value] if isinstance(value, str) else list(value or ())
            yield from ((_Role(own_key, str(extra["role"])), column) for column in columns if column)


def _conflict(one: str, other: str) -> str:
    """Return why no column may have both roles; "" where it may."""
    for first, second, reason in _APART:
        if (one in first and other in second) or (other in first and one in second):
            return reason
    return ""


LEAVE_OUT = "patterns of files in the raw folder that are not to be read"
SOURCE = "what the model card says of data of one's own; null: the data brings its own source.json"
__all__ = ["LEAVE_OUT", "SOURCE", "Band", "NamedBand", "Names", "Reading", "SourceWords"]
