"""The keys of `prepare.reading` that all systems share.

They are columns and their roles, labels, groups, bands and the source. Each column has one role. A
column in two roles hides a leak. As a number and as a category it is one input twice, and a check
that leaves out one input leaves the other; as the label and an input, it gives the answer away.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import combinations, pairwise
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import BeforeValidator, ModelWrapValidatorHandler, model_validator

from hallmark.config.section import (
    Characters,
    Contradiction,
    Edges,
    Name,
    NameOrNone,
    Names,
    Section,
    rule_error,
    setting,
)
from hallmark.config.table_files import TableFile

_INPUTS = frozenset({"input", "numeric", "categorical"})
# Pairs of sets of roles, and the reason why no column may have a role of the one and a role of the
# other.
_CONFLICTS = (
    (frozenset({"label"}), _INPUTS | {"medium", "name", "split", "time"}, "what is to be predicted can't be given"),
    (_INPUTS, frozenset({"name", "split"}), "what tells examples apart, or their split, is no input"),
    (frozenset({"numeric"}), frozenset({"categorical"}), "it would be there twice"),
    (frozenset({"interaction"}), frozenset({"interaction"}), "it would be there twice"),
)
_MIGRATE = "`make migrate` rewrites your files"


def _refuse_list(labels: Any) -> Any:
    """Refuse labels as a list: the raw value of each label would have to be guessed."""
    if isinstance(labels, list):
        shown = ", ".join(f"{label}: {label}" for label in labels[:3])
        more = ", …" if len(labels) > 3 else ""
        raise rule_error(f"it must map each raw value to its label: write {{{shown}{more}}}; {_MIGRATE}")
    return labels


Labels = Annotated[dict[str, Name], BeforeValidator(_refuse_list)]
LABELS = "a raw value → its label; the labels, in this order, are the classes"


class Columns(Section):
    """The columns of a raw table, by role; null: there is none. A subclass has a system's roles."""

    def named(self, role: str) -> str | None:
        """Return the column of a role; None without one, and for a role that the system doesn't have."""
        column: str | None = getattr(self, role, None)
        return column


class Group(Section):
    """A group of examples: a column of names."""

    column: Name | None = setting(None, meaning="a raw column; null: the one of the group's own name")
    names: dict[str, Name] = setting({}, meaning="a raw value → its name; empty: names as they are")

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_former_shape(cls, content: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Refuse the former shapes: a text (the column), or a mapping of raw values to names."""
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
    """A group of examples: a number in bands.

    The edges are fixed here, so that no split decides them.
    """

    column: Name | None = setting(
        None, meaning="a raw column of numbers, or a computed descriptor; null: the one of the band's own name"
    )
    edges: Edges = setting(meaning="inner edges, ascending; a value on an edge belongs to the band above it")
    names: list[Name] = setting(
        [], meaning="the bands' names, one more than edges; two bands may have one name; empty: called by their edges"
    )

    def band_names(self) -> list[str]:
        """Return the names of the bands, in ascending order."""
        return self.names or default_band_names(self.edges)

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._one_name_a_band(),)

    def _one_name_a_band(self) -> Iterator[Contradiction]:
        bands = len(self.edges) + 1
        if self.names and len(self.names) != bands:
            yield Contradiction("names", f"is {self.names}: {len(self.edges)} edges make {bands} bands, a name each")


def default_band_names(edges: Sequence[float]) -> list[str]:
    """Return names made of the edges: [30, 60] gives under 30, 30 to under 60, 60 and over."""
    inner_names = [f"{low:g} to under {high:g}" for low, high in pairwise(edges)]
    return [f"under {edges[0]:g}", *inner_names, f"{edges[-1]:g} and over"]


class JoinedTable(Section):
    """A file with more about the values of one column; its other columns can be named like the main
    file's.
    """

    file: TableFile = setting(meaning="its path in the raw folder")
    key: Name = setting(meaning="the column by which its rows are found, each value once")


class TextTable(Section):
    """How a text file (CSV, tab-separated, .dat) is split into cells; a Parquet file needs none of it."""

    separator: Characters = setting(",", meaning="of a text file's cells")
    encoding: Name = setting("utf-8", meaning="of a text file's characters")
    header: Names = setting([], meaning="the columns' names, where the file has no header line")


class SourceWords(Section):
    """What the model card says of a person's own data; bundled data has a source.json of its own."""

    title: Name = setting(meaning="the data set's name")
    origin: NameOrNone = setting("", meaning="its origin: an address, or words")
    licence: NameOrNone = setting("", meaning="the terms of its use")
    simulated: bool = setting(False, meaning="whether a program made it; the card says so")
    entity: Name = setting("example", meaning="the noun for an entity: patient, card, speaker")


class Target(NamedTuple):
    """What a reading makes of raw data that can be predicted.

    array: The examples' array with it, as `Answer.target` names it; None: their labels.
    key: The key of `prepare.reading` that says so.
    """

    array: str | None
    key: str


class Reading(Section):
    """How raw files become examples. A system's own keys stand in a subclass.

    own_groups: Groups that the system makes itself.
    encoded_descriptors: Descriptors that the system computes only once the examples have splits.
    """

    own_groups: ClassVar[tuple[str, ...]] = ()
    encoded_descriptors: ClassVar[tuple[str, ...]] = ()

    columns: Columns = setting(Columns(), meaning="what the columns of the raw table are called")
    groups: dict[str, Group] = setting({}, meaning="a name → a group that is made of a column of names")
    bands: dict[str, Band] = setting({}, meaning="a name → a group that is made of a column of numbers")
    descriptors: Names = setting([], meaning="raw columns of numbers that describe examples, beside the computed ones")
    replaced_descriptors: Names = setting(
        [], meaning="those of `descriptors` that take the place of a computed one of their name; others are refused"
    )
    source: SourceWords | None = setting(
        None, meaning="what the model card says of the data; null: the data has a source.json"
    )
    leave_out: Names = setting([], meaning="patterns of files in the raw folder that are not to be read")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (
            self._columns_in_two_roles(),
            self._groups_defined_twice(),
            self._names_of_own_columns(),
            self._replaced_by_nothing(),
            self._too_few_labels(),
        )

    def label_names(self) -> list[str] | None:
        """Return the labels that the configuration declares, in order; None where it declares none."""
        labels: Mapping[str, str] = getattr(self, "labels", {})
        return list(dict.fromkeys(labels.values())) or None

    def target(self) -> Target | None:
        """Return what the examples can be asked for; None where the keys contradict each other about it."""
        return Target(None, "labels")

    def group_names(self) -> list[str] | None:
        """Return the groups that this reading makes; None where they are known only from the data."""
        return [*self.groups, *self.bands, *self.own_groups]

    def computed_descriptors(self) -> list[str] | None:
        """Return the names of the descriptors that the system makes by itself; None where only the data tells them."""
        return None

    def descriptor_names(self) -> list[str] | None:
        """Return the names of all descriptors of the examples; None where they are known only from the data.

        A raw column of a computed one's name has its numbers, or takes its place (`replaced_descriptors`).
        """
        computed = self.computed_descriptors()
        return None if computed is None else list(dict.fromkeys([*computed, *self.descriptors]))

    def makes_times(self) -> bool:
        """Return whether every example gets a time."""
        return self.columns.named("time") is not None

    def may_publish_splits(self) -> bool:
        """Return whether examples can get a published split; raw files may state one beside the configuration."""
        return self.columns.named("split") is not None

    def group_values(self, group: str) -> list[str] | None:
        """Return the names of a group's values, without `contracts.slices.UNKNOWN`; None where they
        are known only from the data.
        """
        if group in self.bands:
            return self.bands[group].band_names()
        names = self.groups[group].names if group in self.groups else {}
        return list(dict.fromkeys(names.values())) or None

    def source_words(self) -> dict[str, Any] | None:
        """Return what the configuration says of the source; None where the data has a source.json."""
        return self.source.model_dump() if self.source else None

    def label_column(self) -> str:
        """Return the raw column of the label; "label" where the configuration names none."""
        return self.columns.named("label") or self.columns.named("text") or "label"

    def _too_few_labels(self) -> Iterator[Contradiction]:
        """Declared labels must be two or more; a system that needs them takes no empty mapping."""
        field = type(self).model_fields.get("labels")
        needs_labels = field is not None and field.is_required()
        labels = self.label_names() or []
        if len(labels) < 2 and (labels or needs_labels):
            yield Contradiction("labels", f"is {labels}: it must name at least two labels")

    def _groups_defined_twice(self) -> Iterator[Contradiction]:
        """No name may be both a group and a band."""
        for name in sorted({*self.groups} & {*self.bands}):
            yield Contradiction(
                "bands",
                f"names {name!r}, which prepare.reading.groups names, too: one group has one definition, "
                "take it out of one of them",
            )

    def _names_of_own_columns(self) -> Iterator[Contradiction]:
        """No group, band or raw descriptor may have the name of one that the system makes itself."""
        for key, sections in (("groups", self.groups), ("bands", self.bands)):
            for name in sections:
                if name in self.own_groups:
                    words = f"names {name!r}, a group that is made anyway: give yours another name, such as own_{name}"
                    yield Contradiction(key, words)

        columns_by_key = {"descriptors": self.descriptors}
        columns_by_key |= {f"bands.{name}": [band.column or name] for name, band in self.bands.items()}
        for key, columns in columns_by_key.items():
            for column in columns:
                if column in self.encoded_descriptors:
                    words = f"names {column!r}, a descriptor that is computed anyway: rename the raw column"
                    yield Contradiction(key, words)

    def _replaced_by_nothing(self) -> Iterator[Contradiction]:
        """Each replaced descriptor must have a raw column that takes its place."""
        for name in self.replaced_descriptors:
            if name not in self.descriptors:
                words = f"names {name!r}, which is none of prepare.reading.descriptors: name the raw column there, too"
                yield Contradiction("replaced_descriptors", words)

    def _columns_in_two_roles(self) -> Iterator[Contradiction]:
        """No column may have two roles that conflict (see _CONFLICTS)."""
        roles_by_column: dict[str, list[_RoleByKey]] = {}
        for column, role in _columns_with_roles(self):
            roles_by_column.setdefault(column, []).append(role)

        for column, roles in roles_by_column.items():
            for one, other in combinations(roles, 2):
                reason = _conflict(one.role, other.role)
                if reason:
                    yield Contradiction(
                        other.key,
                        f"names {column!r}, which prepare.reading.{one.key} names, too: {reason}; "
                        "a column has one role, take it out of one of them",
                    )


class _RoleByKey(NamedTuple):
    """The role that a key of `prepare.reading` gives to the columns that it names."""

    key: str  # dotted, below prepare.reading
    role: str  # label, input, numeric, name …


def _columns_with_roles(section: Section, parent_key: str = "") -> Iterator[tuple[str, _RoleByKey]]:
    """Yield (column, role) for every column that a key of `section`, or of a section in it, names.

    A key gives a role where its setting was declared with one (`setting(…, role="label")`). Its
    value is a column, a list of columns, or empty. `parent_key` is the section's dotted key, ""
    for `prepare.reading` itself.
    """
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        key = f"{parent_key}.{name}" if parent_key else name
        if isinstance(value, Section):
            yield from _columns_with_roles(value, key)
            continue

        extra = field.json_schema_extra
        if isinstance(extra, Mapping) and "role" in extra:
            role = _RoleByKey(key, str(extra["role"]))
            columns = [value] if isinstance(value, str) else list(value or ())
            for column in columns:
                if column:
                    yield column, role


def _conflict(one: str, other: str) -> str:
    """Return why no column may have both roles; "" where it may."""
    for first, second, reason in _CONFLICTS:
        if (one in first and other in second) or (other in first and one in second):
            return reason
    return ""
