"""The typed keys of the system `table`: `raw`, `prepare.reading` and `train.network`. Fields are keyword
arguments of the parts.
"""

from dataclasses import dataclass, field

from omegaconf import MISSING

from hallmark.formats.config import Band, SourceWords


@dataclass
class Raw:
    """The size of the simulated world."""

    customers: int = MISSING  # each holds one card
    terminals: int = MISSING
    days: int = MISSING


@dataclass
class Table:
    """A table that tells more of a column of the main file; its other columns are joined and can be named like
    the file's own.
    """

    file: str = MISSING
    key: str = MISSING  # the column that both files have
    x: str = ""  # columns with a place on a plane, in km; both or neither
    y: str = ""


@dataclass
class History:
    """What makes a history of the rows: each row is a transaction of its entity."""

    amount: str = MISSING  # the column with the amount
    place: str = MISSING  # the column that tells where: terminal, merchant
    length: int = MISSING  # earlier transactions that the network sees
    warm_up: float = 0.0  # days from the first row on that serve as history only: their own histories are cut short
    account: Table | None = None  # of the entity, with its home
    terminals: Table | None = None  # of the places


@dataclass
class Reading:
    file: str = MISSING  # CSV or Parquet, in the raw folder
    label: str = MISSING
    labels: dict[str, str] = MISSING  # a raw value → a name; exactly two names, in the order of the classes
    id: str = ""  # without it, the row's number
    entity: str = ""  # without it, equal rows are one entity: nobody can tell whether they are one client
    time: str = ""  # numbers (seconds) or dates
    numeric: list[str] = field(default_factory=list)  # the order matters: the first one of a flat table is the rule's
    categorical: dict[str, list[str]] = field(default_factory=dict)  # the values that get a column; others get none
    groups: dict[str, dict[str, str]] = field(default_factory=dict)  # a raw value → a name; empty: names as they are
    bands: dict[str, Band] = field(default_factory=dict)  # groups made of a number
    history: History | None = None  # without it, a flat table
    source: SourceWords | None = None
    leave_out: list[str] = field(default_factory=list)  # patterns of files in the raw folder that are not to be read


@dataclass
class Network:
    width: int = MISSING  # with a history, a multiple of the four heads of attention
    depth: int = MISSING  # residual blocks of the head
    bins: int = MISSING  # pieces of the piecewise linear encoding of every current column
    dropout: float = MISSING
