"""The keys of a recommendation task: `raw`, `prepare.reading` and `train.network`."""

from collections.abc import Iterable, Iterator
from typing import Literal

from hallmark.config import reading_keys
from hallmark.config.component import TARGET, ShippedComponent
from hallmark.config.networks import uneven_heads
from hallmark.config.reading_keys import JoinedTable, TextTable
from hallmark.config.section import Contradiction, Name, NameOrNone, Names, Section, setting
from hallmark.config.table_files import TableFile

DESCRIPTORS = ("history_length", "days_since_last", "history_popularity")  # that are computed of every history


class Raw(Section):
    """The size of the simulated world."""

    users: int = setting(ge=1, meaning="how many; each has 20 to 60 items")
    items: int = setting(ge=1, meaning="how many")
    days: int = setting(ge=1, unit="days", meaning="over which users arrive")


class Columns(reading_keys.Columns):
    """What the columns of the interactions are called."""

    user: Name = setting("user", role="interaction", meaning="the user's id")
    item: Name = setting("item", role="interaction", meaning="the item's id")
    time: Name = setting("time", role="interaction", unit="seconds", meaning="numbers, or dates")


class Interactions(TextTable):
    """The table of interactions: a row for each item that a user had.

    The file's order decides between equal times.
    """

    file: TableFile = setting(meaning="its path within the raw folder: text with a separator, Parquet or npz")


class Users(TextTable, JoinedTable):
    """The table of users: its columns are groups to judge the model by, and no inputs."""


class Items(TextTable, JoinedTable):
    """The table of items: all that can be recommended, items that nobody has had yet included."""

    title: NameOrNone = setting("", meaning="column of the title; without it, the item's id")
    genre: NameOrNone = setting("", meaning='a column of names; of several, as in "Comedy|War", the first counts')
    genres: Names = setting([], meaning="or columns of 0 and 1; the first that is 1 counts")
    names: dict[str, str] = setting({}, meaning="a raw genre → the name of its group; empty: names as they are")


class Reading(reading_keys.Reading):
    """How interactions become examples: a user's earlier items, and the next one."""

    own_groups = ("popularity", "genre")  # of the items
    encoded_descriptors = ("history_popularity",)

    columns: Columns = setting(Columns(), meaning="what the columns of the interactions are called")
    interactions: Interactions = setting(meaning="the table of interactions")
    users: Users | None = setting(None, meaning="null: nothing is known of users")
    items: Items | None = setting(None, meaning="null: every item of the interactions, under its id")
    length: int = setting(ge=2, unit="items", meaning="the last ones before an interaction, which the network gets")
    memory: int = setting(
        ge=2,
        unit="items",
        meaning="the last ones that are known, at least `length`: those are not recommended again unless `repeats`",
    )
    rows_per_user: int = setting(ge=1, meaning="the last rows of a user that are examples, outside the training split")
    repeats: bool = setting(
        False, meaning="whether a user can have an item again; if not, no item is recommended to a user who had it"
    )
    least_interactions: int = setting(0, ge=0, meaning="users with fewer are left out")

    def target(self) -> reading_keys.Target:
        return reading_keys.Target("target.item", "columns.item")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._memory_too_short(), self._groups_without_users())

    def computed_descriptors(self) -> list[str]:
        return list(DESCRIPTORS)

    def _groups_without_users(self) -> Iterator[Contradiction]:
        """Groups and bands are made of the table of users."""
        for key, named in (("groups", self.groups), ("bands", self.bands), ("descriptors", self.descriptors)):
            if named and self.users is None:
                words = (
                    f"names {', '.join(named)}, but they are made of columns of prepare.reading.users, which is null"
                )
                yield Contradiction(key, words)

    def _memory_too_short(self) -> Iterator[Contradiction]:
        if self.memory < self.length:
            words = f"is {self.memory}: it must be at least prepare.reading.length, {self.length}"
            yield Contradiction("memory", words)


class Network(ShippedComponent):
    """A transformer over the last items, and beside it a factorised transition from the last items
    to the next (FPMC).
    """

    target: Literal["hallmark.systems.recommendation.network.Recommender"] = setting(
        "hallmark.systems.recommendation.network.Recommender",
        alias=TARGET,
        meaning="the shipped network; the keys below are its own",
    )
    width: int = setting(ge=1, unit="units", meaning="of every layer; a multiple of heads")
    depth: int = setting(ge=1, meaning="blocks of the transformer")
    heads: int = setting(ge=1, meaning="of attention")
    rank: int = setting(ge=1, meaning="of the embeddings of the FPMC term, from the last items to the next one")
    dropout: float = setting(ge=0, lt=1, meaning="share of units dropped")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (uneven_heads(self.width, self.heads),)
