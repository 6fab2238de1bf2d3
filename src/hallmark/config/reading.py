"""The section `prepare.reading` as far as systems share it: columns and their roles, labels, groups, bands, the source.

Each column has one role. A name that stands in two roles hides a leak: as a number and as a category it is one input in
two disguises, of which a test of single inputs takes away only one; as the label and an input it is the answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import combinations
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BeforeValidator, ModelWrapValidatorHandler, model_validator

from hallmark.config.section import (
    Characters,
    Contradiction,
    Edges,
    Name,
    NameOrNone,
    Names,
    RawFile,
    Section,
    rule_error,
    setting,
)

_INPUTS = frozenset({"input", "numeric", "categorical"})
_APART = (  # roles that no column may have together, and why
    (frozenset({"label"}), _INPUTS | {"medium", "name", "split", "time"}, "what is to be predicted can't be given"),
    (_INPUTS, frozenset({"name", "split"}), "what tells examples apart, or their split, is no input"),
    (frozenset({"numeric"}), frozenset({"categorical"}), "it would be there twice"),
    (frozenset({"interaction"}), frozenset({"interaction"}), "it would be there twice"),
)
_MIGRATE = "`make migrate` rewrites your files"


def _refuse_list(labels: Any) -> Any:
    """Refuse labels as a list: what the raw data calls each would have to be guessed."""
    if isinstance(labels, list):
        shown = ", ".join(f"{label}: {label}" for label in labels[:3])
        more = ", …" if len(labels) > 3 else ""
        raise rule_error(f"it must map each raw value to its label: write {{{shown}{more}}}; {_MIGRATE}")
    return labels


Labels = Annotated[dict[str, Name], BeforeValidator(_refuse_list)]
LABELS = "a raw value → its label; the labels, in this order, are the classes"


class Columns(Section):
    """What the columns of a raw table are called, by role; null: there is none. A subclass has a system's roles."""

    def named(self, role: str) -> str | None:
        """Return the column of a role; None where there is none, or where the system knows no such role."""
        column: str | None = getattr(self, role, None)
        return column


class Group(Section):
    """A group of examples: a column of names."""

    column: Name | None = setting(None, meaning="a raw column; null: the one of the group's own name")
    names: dict[str, Name] = setting({}, meaning="a raw value → its name; empty: names as they are")

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_former_shape(cls, content: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(content, str):
            raise rule_error(f"it must be a mapping: write {{column: {content}}}; {_MIGRATE}")
        keys = set(cls.model_fields)
        is_former = isinstance(content, dict) and content and not keys.intersection(content)
        if is_former and not any(get_close_matches(str(key), keys) for key in content):
            value, name = next(iter(content.items()))
            raise rule_error(
                f"it has the keys column and names: write {{names: {{{value}: {name}}}}} where {value!r} is a raw "
                f"value; {_MIGRATE}"
            )
        return handler(content)


class Band(Section):
    """A group of examples: a number in bands. Edges are fixed here, so that no split is looked at to make them."""

    column: Name | None = setting(
        None, meaning="a raw column of numbers, or a computed descriptor; null: the one of the band's own name"
    )
    edges: Edges = setting(meaning="inner edges, ascending; a value on an edge belongs to the band above it")
    names: list[Name] = setting(
        [], meaning="the bands' names, one more than edges; two bands may have one name; empty: called by their edges"
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._one_name_a_band(),)

    def _one_name_a_band(self) -> Iterator[Contradiction]:
        bands = len(self.edges) + 1
        if self.names and len(self.names) != bands:
            yield Contradiction("names", f"is {self.names}: {len(self.edges)} edges make {bands} bands, a name each")


class JoinedTable(Section):
    """A file that tells more of a column of the main one; its other columns can be named like the main file's own."""

    file: RawFile = setting(meaning="its path within the raw folder")
    key: Name = setting(meaning="the column by which its rows are found, each value once")


class TextTable(Section):
    """How the cells of a text file (CSV, tab-separated, .dat) are told apart; a Parquet file needs none of it."""

    separator: Characters = setting(",", meaning="of a text file's cells")
    encoding: Name = setting("utf-8", meaning="of a text file's characters")
    header: Names = setting([], meaning="the columns' names, where the file has no header line")


class SourceWords(Section):
    """What the model card says of a person's own data; bundled data brings its own source.json."""

    title: Name = setting(meaning="what the data is called")
    origin: NameOrNone = setting("", meaning="where it comes from: an address, or words")
    licence: NameOrNone = setting("", meaning="under what terms it may be used")
    simulated: bool = setting(False, meaning="whether it was made by a program; the card says so")
    entity: Name = setting("example", meaning="the noun for an entity: patient, card, speaker")


class Reading(Section):
    """How raw files become examples. A system's own keys stand in a subclass."""

    columns: Columns = setting(Columns(), meaning="what the columns of the raw table are called")
    groups: dict[str, Group] = setting({}, meaning="by a name of one's own; made of columns of names")
    bands: dict[str, Band] = setting({}, meaning="by a name of one's own; groups made of numbers")
    descriptors: Names = setting([], meaning="raw columns of numbers that describe examples, beside the computed ones")
    source: SourceWords | None = setting(
        None, meaning="what the model card says of data of one's own; null: the data brings its own source.json"
    )
    leave_out: Names = setting([], meaning="patterns of files in the raw folder that are not to be read")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._columns_in_two_roles(), self._groups_defined_twice(), self._too_few_labels())

    def label_names(self) -> list[str] | None:
        """Return the labels that the configuration declares, in their order, or None where it declares none."""
        labels: Mapping[str, str] = getattr(self, "labels", {})
        return list(dict.fromkeys(labels.values())) or None

    def group_names(self) -> list[str] | None:
        """Return the groups that this reading makes, or None where the configuration can't know them."""
        return [*self.groups, *self.bands]

    def source_words(self) -> dict[str, Any] | None:
        """Return what is said of the source, None where the data brings its own source.json."""
        return self.source.model_dump() if self.source else None

    def label_column(self) -> str:
        """Return what the raw data calls the label, "label" where the configuration names no column for it."""
        return self.columns.named("label") or self.columns.named("text") or "label"

    def _too_few_labels(self) -> Iterator[Contradiction]:
        labels = self.label_names()
        if labels is not None and len(labels) < 2:
            yield Contradiction("labels", f"is {labels}: it must name at least two labels")

    def _groups_defined_twice(self) -> Iterator[Contradiction]:
        for name in sorted({*self.groups} & {*self.bands}):
            yield Contradiction(
                "bands",
                f"names {name!r}, which prepare.reading.groups names, too: one group has one definition, "
                "take it out of one of them",
            )

    def _columns_in_two_roles(self) -> Iterator[Contradiction]:
        roles_by_column: dict[str, list[_Role]] = {}
        for role, column in _roles(self, ""):
            roles_by_column.setdefault(column, []).append(role)

        for column, roles in roles_by_column.items():
            for one, other in combinations(roles, 2):
                reason = _conflict(one.kind, other.kind)
                if reason:
                    yield Contradiction(
                        other.key,
                        f"names {column!r}, which prepare.reading.{one.key} names, too: {reason}; "
                        "a column has one role, take it out of one of them",
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
