"""The keys of a recommendation task: `raw`, `prepare.reading` and `train.network`."""

from collections.abc import Iterable, Iterator

from hallmark.config import reading
from hallmark.config.reading import LEAVE_OUT, SOURCE, Band, SourceWords, defined_twice
from hallmark.config.section import Characters, Contradiction, Name, NameOrNone, Names, RawFile, Section, setting

METRICS = ("log_loss", "cost", "ndcg_at_10", "recall_at_10", "reciprocal_rank", "calibration_error")
GROUPS_OF_ITEMS = ("popularity", "genre")  # that reading makes of the items by itself


class Raw(Section):
    """The size of the simulated world."""

    users: int = setting(ge=1, meaning="how many; each has 20 to 60 items")
    items: int = setting(ge=1, meaning="how many")
    days: int = setting(ge=1, unit="days", meaning="over which users arrive")


class File(Section):
    """A table in the raw folder: Parquet, or text with a separator (CSV, tab-separated, .dat)."""

    file: RawFile = setting(meaning="its path within the raw folder")
    separator: Characters = setting(",", meaning="of a text file's cells")
    encoding: Name = setting("utf-8", meaning="of a text file's characters")
    columns: Names = setting([], meaning="names, where the file has no header line")


class Interactions(File):
    """What each user had when, a row each; the file's order decides between equal times of a user."""

    user: Name = setting("user", role="interaction", meaning="column of the user")
    item: Name = setting("item", role="interaction", meaning="column of the item")
    time: Name = setting("time", role="interaction", unit="seconds", meaning="column of the time: numbers, or dates")


class Users(File):
    """The table of users: its columns are groups to judge the model by, and no inputs."""

    user: Name = setting("user", meaning="column of the user")
    groups: dict[str, dict[str, str]] = setting({}, meaning="a column → a raw value → a name; empty: names as they are")
    bands: dict[str, Band] = setting({}, meaning="groups made of a column of numbers")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (defined_twice("prepare.reading.users", self.groups, self.bands),)


class Items(File):
    """The table of items: all that can be recommended, also what nobody has had yet."""

    item: Name = setting("item", meaning="column of the item")
    title: NameOrNone = setting("", meaning="column of the title; without it, the item's id")
    genre: NameOrNone = setting("", meaning='a column of names; of several, as in "Comedy|War", the first counts')
    genres: Names = setting([], meaning="or columns of 0 and 1; the first that is 1 counts")
    names: dict[str, str] = setting({}, meaning="a raw genre → the name of its group; empty: names as they are")


class Reading(reading.Reading):
    """How interactions become examples: what a user had before, and what came next."""

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
    source: SourceWords | None = setting(None, meaning=SOURCE)
    leave_out: Names = setting([], meaning=LEAVE_OUT)

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._memory_too_short())

    def group_names(self) -> list[str]:
        """Return the groups of users that are defined, and those of items."""
        users = [*self.users.groups, *self.users.bands] if self.users else []
        return [*users, *GROUPS_OF_ITEMS]

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
