"""The typed keys of the recommendation system: `raw`, `prepare.reading`, `train.network`. Fields are keyword
arguments of the parts.
"""

from dataclasses import dataclass, field

from omegaconf import MISSING

from hallmark.formats.config import Band, SourceWords


@dataclass
class Raw:
    """The size of the simulated world."""

    users: int = MISSING  # each has 20 to 60 items
    items: int = MISSING
    days: int = MISSING  # over which users arrive


@dataclass
class File:
    """A table in the raw folder: Parquet, or text with a separator (CSV, tab-separated, .dat)."""

    file: str = MISSING
    separator: str = ","
    encoding: str = "utf-8"
    columns: list[str] = field(default_factory=list)  # names, where the file has no header line


@dataclass
class Interactions(File):
    """What each user had when, a row each; the file's order decides between equal times of a user."""

    user: str = "user"
    item: str = "item"
    time: str = "time"  # numbers (seconds) or dates


@dataclass
class Users(File):
    """The table of users: its columns are groups to judge the model by, and no inputs."""

    user: str = "user"
    groups: dict[str, dict[str, str]] = field(default_factory=dict)  # a raw value → a name; empty: names as they are
    bands: dict[str, Band] = field(default_factory=dict)  # groups made of a number


@dataclass
class Items(File):
    """The table of items: all that can be recommended, also what nobody has had yet."""

    item: str = "item"
    title: str = ""  # without it, the item's id
    genre: str = ""  # a column of names; of several, as in "Comedy|War", the first counts
    genres: list[str] = field(default_factory=list)  # or columns of 0 and 1; the first that is 1 counts
    names: dict[str, str] = field(default_factory=dict)  # a raw genre → the name of its group; empty: names as they are


@dataclass
class Reading:
    interactions: Interactions = MISSING
    users: Users | None = None
    items: Items | None = None  # without it, every item of the interactions, under its id
    length: int = MISSING  # earlier items that the network reads, the last ones
    memory: int = (
        MISSING  # earlier items that are known at all, at least `length`: what a user had and is not shown again
    )
    rows_per_user: int = MISSING  # the last ones of a user, outside the training split
    repeats: bool = False  # whether a user can have an item again; without it, no item is shown to who had it
    least_interactions: int = 0  # users with fewer are left out
    source: SourceWords | None = None
    leave_out: list[str] = field(default_factory=list)  # patterns of files in the raw folder that are not to be read


@dataclass
class Network:
    width: int = MISSING  # a multiple of heads
    depth: int = MISSING  # blocks of the transformer
    heads: int = MISSING
    rank: int = MISSING  # of the embeddings of the direct way from the last items to the next one
    dropout: float = MISSING
