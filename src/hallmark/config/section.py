"""The base class of every section of the configuration, and the types of values that sections share."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import PurePosixPath
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from hallmark.errors import printable

LONGEST_NAME = 200  # characters of a name in MLflow
RULE = "rule"  # pydantic's type of an error that one of the validators below raises
CONTRADICTION = "contradiction"  # of one that a section's relations raise; its context holds them


class Contradiction(NamedTuple):
    """A value that is possible by itself but contradicts another key.

    `words` follow the key in a sentence: "is 8: it must be odd".
    """

    key: str  # dotted, below the section that the relation belongs to
    words: str


class Section(BaseModel):
    """A section of the configuration: frozen, without unknown keys, and without conversion of types."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        """Return the rules between keys of this section: an iterator of contradictions for each rule."""
        return ()

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        """Raise pydantic's error with all contradictions of the section's rules."""
        contradictions = tuple(chain.from_iterable(self.relations()))
        if contradictions:
            raise PydanticCustomError(CONTRADICTION, "keys contradict each other", {"contradictions": contradictions})
        return self


def setting(default: Any = ..., *, meaning: str, unit: str = "", role: str = "", **rules: Any) -> Any:
    """Return pydantic's field of one key.

    `meaning` and `unit` are shown in docs/configuration.md and by editors. `role` is that of the
    columns that the key names (see `reading`). `rules` are pydantic's own: `ge`, `gt`, `le`, `lt`,
    `multiple_of`, `alias`.
    """
    extra: dict[str, Any] = {}
    if unit:
        extra["unit"] = unit
    if role:
        extra["role"] = role
    return Field(default, description=meaning, json_schema_extra=extra or None, **rules)


def rule_error(words: str) -> PydanticCustomError:
    """Return pydantic's error of a value that breaks a rule; `words` follow the value: "it must be …"."""
    return PydanticCustomError(RULE, "{words}", {"words": words})


def not_finite(key: str, value: Any) -> Iterator[Contradiction]:
    """Yield a contradiction for each number of a value, at any depth, that is infinite or NaN."""
    if isinstance(value, float) and value - value != 0:
        yield Contradiction(key, f"is {value!r}: it must be a finite number")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from not_finite(f"{key}.{name}".lstrip("."), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from not_finite(f"{key}[{place}]", inner)


def _refuse_blank(text: str) -> str:
    if not text.strip():
        raise rule_error("it is blank; give it a name, or leave the key out")
    return text


def _refuse_only_space(text: str) -> str:
    if text and not text.strip():
        raise rule_error("it is blank; give it a name, or leave the key out")
    return text


def _refuse_empty(text: str) -> str:
    if not text:
        raise rule_error("it is blank; give it a value, or leave the key out")
    return text


def _refuse_elsewhere(text: str) -> str:
    path = PurePosixPath(text)
    is_elsewhere = path.is_absolute() or ".." in path.parts or text.startswith("~")
    if is_elsewhere or "\0" in text or "\\" in text:
        raise rule_error("it must be the path of a file within the raw folder, with /")
    return text


def _refuse_other_columns(column: str) -> str:
    if not column.startswith("descriptor.") or column == "descriptor.":
        raise rule_error("it must be a descriptor, a number of each example, such as descriptor.amount")
    return column


def _refuse_twice(names: list[Any]) -> list[Any]:
    for name, count in Counter(names).items():
        if count > 1:
            raise rule_error(f"it names {name!r} {count} times; once is enough, take the others out")
    return names


def _refuse_nothing(values: list[Any]) -> list[Any]:
    if not values:
        raise rule_error("it must hold at least one value")
    return values


def _refuse_unsorted(edges: list[float]) -> list[float]:
    if not edges or any(not low < high for low, high in pairwise(edges)):
        raise rule_error("it must be numbers in ascending order, one at least")
    return edges


def _refuse_even(number: int) -> int:
    if number % 2 == 0:
        raise rule_error("it must be odd, and at least 1")
    return number


def _refuse_other_numbers(value: Any) -> Any:
    """Refuse 1.0 and true, which are equal to 1 and so would pass for it as a choice."""
    if isinstance(value, float | bool):
        raise rule_error("it must be a whole number, without a point")
    return value


def _refuse_unfit_for_mlflow(name: str) -> str:
    """Refuse a name that MLflow, a path or MLflow's search can't have, or with an invisible character."""
    is_plain = name == printable(name) and name == name.strip() and 0 < len(name) <= LONGEST_NAME
    if not is_plain or any(character in name for character in "/\\:'\"`") or name in (".", ".."):
        form = f"a name of at most {LONGEST_NAME} characters without '/', '\\', ':' and quotation marks"
        raise rule_error(f"it must be {form}")

    return name


Name = Annotated[str, AfterValidator(_refuse_blank)]
NameOrNone = Annotated[str, AfterValidator(_refuse_only_space)]  # "" stands for none
Characters = Annotated[str, AfterValidator(_refuse_empty)]  # may be white space: a separator, a pattern
RawFile = Annotated[str, AfterValidator(_refuse_blank), AfterValidator(_refuse_elsewhere)]
Descriptor = Annotated[str, AfterValidator(_refuse_other_columns)]
Names = Annotated[list[Name], AfterValidator(_refuse_twice)]
Edges = Annotated[list[float], AfterValidator(_refuse_unsorted)]
Odd = Annotated[int, AfterValidator(_refuse_even)]
RegisteredName = Annotated[str, AfterValidator(_refuse_unfit_for_mlflow)]
whole = BeforeValidator(_refuse_other_numbers)  # of a choice among whole numbers
unique = AfterValidator(_refuse_twice)  # of a list
not_empty = AfterValidator(_refuse_nothing)  # of a list
