"""The keys of a recommendation task: `raw`, `prepare.reading` and `train.network`."""

from collections.abc import Iterable, Iterator

from hallmark.config import reading
from hallmark.config.reading import JoinedTable, TextTable
from hallmark.config.section import Contradiction, Name, NameOrNone, Names, RawFile, Section, setting

METRICS = ("log_loss", "cost", "ndcg_at_10", "recall_at_10", "reciprocal_rank", "calibration_error")
GROUPS_OF_ITEMS = ("popularity", "genre")  # that reading makes of the items by itself


class Raw(Section):
    """The size of the simulated world."""

    users: int = setting(ge=1, meaning="how many; each has 20 to 60 items")
    items: int = setting(ge=1, meaning="how many")
    days: int = setting(ge=1, unit="days", meaning="over which users arrive")


class Columns(reading.Columns):
    """What the columns of the interactions are called."""

    user: Name = setting("user", role="interaction", meaning="who had it")
    item: Name = setting("item", role="interaction", meaning="what it was")
    time: Name = setting("time", role="interaction", unit="seconds", meaning="when: numbers, or dates")


class Interactions(TextTable):
    """What each user had when, a row each; the file's order decides between equal times of a user."""

    file: RawFile = setting(meaning="its path within the raw folder: Parquet, or text with a separator")


class Users(TextTable, JoinedTable):
    """The table of users: its columns are groups to judge the model by, and no inputs."""


class Items(TextTable, JoinedTable):
    """The table of items: all that can be recommended, also what nobody has had yet."""

    title: NameOrNone = setting("", meaning="column of the title; without it, the item's id")
    genre: NameOrNone = setting("", meaning='a column of names; of several, as in "Comedy|War", the first counts')
    genres: Names = setting([], meaning="or columns of 0 and 1; the first that is 1 counts")
    names: dict[str, str] = setting({}, meaning="a raw genre → the name of its group; empty: names as they are")


class Reading(reading.Reading):
    """How interactions become examples: what a user had before, and what came next."""

    columns: Columns = setting(Columns(), meaning="what the columns of the interactions are called")
    interactions: Interactions = setting(meaning="who had what, and when")
    users: Users | None = setting(None, meaning="null: nothing is known of users")
    items: Items | None = setting(None, meaning="null: every item of the interactions, under its id")
    length: int = setting(ge=2, unit="items", meaning="earlier ones that the network reads, the last ones")
    memory: int = setting(
        ge=2,
        unit="items",
        meaning="earlier ones that are known at all, at least `length`: what a user had and is not shown again",
    )
    rows_per_user: int = setting(ge=1, meaning="the last ones of a user, outside the training split")
    repeats: bool = setting(
        False, meaning="whether a user can have an item again; without it, no item is shown to who had it"
    )
    least_interactions: int = setting(0, ge=0, meaning="users with fewer are left out")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._memory_too_short(), self._groups_without_users())

    def group_names(self) -> list[str]:
        """Return the groups of users that are defined, and those of items."""
        return [*self.groups, *self.bands, *GROUPS_OF_ITEMS]

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


class Network(Section):
    """A transformer over the last items, beside a direct way from the last ones to the next."""

    width: int = setting(ge=1, unit="units", meaning="of every layer; a multiple of heads")
    depth: int = setting(ge=1, meaning="blocks of the transformer")
    heads: int = setting(ge=1, meaning="of attention")
    rank: int = setting(ge=1, meaning="of the embeddings of the direct way from the last items to the next one")
    dropout: float = setting(ge=0, lt=1, meaning="share of units dropped")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._uneven_heads(),)

    def _uneven_heads(self) -> Iterator[Contradiction]:
        if self.width % self.heads:
            yield Contradiction("width", f"is {self.width}: it must be a multiple of train.network.heads, {self.heads}")
