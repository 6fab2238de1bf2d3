"""The section `prepare.split`: how examples are divided into train, validation, test and recent."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from hallmark.config.section import Contradiction, Section, setting

Share = Annotated[float, Field(ge=0, le=1)]
SplitMethod = Literal["entity", "time", "entity_and_time", "leave_last_out", "published"]

METHODS_BY_TIME: tuple[SplitMethod, ...] = ("time", "entity_and_time", "leave_last_out")


class Fractions(Section):
    """Shares of the entities; under `published`, of the published training entities (its test split
    stays as it is).
    """

    train: Share = setting(meaning="share that the model learns from")
    validation: Share = setting(meaning="share for early stopping, thresholds and calibration")
    test: Share = setting(0.0, meaning="share for the final evaluation")
    recent: Share = setting(0.0, meaning="share of the newest window, the stand-in for production")


class Windows(Section):
    """Shares of the rows in order of time; train and validation share the first window."""

    train: Share = setting(meaning="share of the first window")
    validation: Share = setting(0.0, meaning="0: validation has the window of train")
    test: Share = setting(meaning="share of the window that is evaluated")
    recent: Share = setting(meaning="share of the newest window")


class Split(Section):
    """How examples are divided into train, validation, test and recent: by entity, and by time
    where there is one.
    """

    method: SplitMethod = setting(
        meaning="entity: entities in a pseudo-random order by a keyed hash; time: in the order of their first times; "
        "entity_and_time: entities by hash, and only their rows in the split's window of time, where entities live on; "
        "leave_last_out: each entity's last row is test, the one before validation, the others train, whatever the "
        "fractions; published: as the raw data says, with validation and recent carved out of its training entities"
    )
    fractions: Fractions = setting(meaning="shares of the entities")
    windows: Windows | None = setting(None, meaning="entity_and_time alone; null: the same shares as fractions")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        if self.method == "leave_last_out":  # which takes no shares
            return (self._windows_of_another_method(),)
        return (
            self._windows_of_another_method(),
            self._unusable("fractions", self.fractions, ("train", "validation", "test")),
            self._unusable("windows", self.windows, ("train", "test")),
        )

    def _windows_of_another_method(self) -> Iterator[Contradiction]:
        """`windows` belong to the method entity_and_time."""
        if self.windows is not None and self.method != "entity_and_time":
            words = f"is for the method entity_and_time, but prepare.split.method is {self.method!r}"
            yield Contradiction("windows", words)

    def _unusable(
        self, part: str, section: Fractions | Windows | None, needed: tuple[str, ...]
    ) -> Iterator[Contradiction]:
        """The shares of a part, fractions or windows, must sum to 1 at most.

        Those of the `needed` splits must be above 0; a published split needs none for validation
        and test.
        """
        if section is None:
            return
        shares = {name: float(getattr(section, name)) for name in ("train", "validation", "test", "recent")}
        is_published = self.method == "published"
        if is_published and shares["test"]:
            words = f"is {shares['test']!r}: a published test split stays as it is, set 0"
            yield Contradiction(f"{part}.test", words)

        for name in needed:
            may_be_published = is_published and name in ("validation", "test")
            if shares[name] == 0 and not may_be_published:
                yield Contradiction(f"{part}.{name}", "is 0: it must be above 0, or the split has no rows")

        total = sum(shares.values())
        if total > 1 + 1e-9:
            yield Contradiction(part, f"sum to {total:g}: they are shares of one whole, and must sum to 1 at most")
