"""The keys of a language task: `raw`, `prepare.reading`, `train.network` and `evaluate.diagnostics`."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from hallmark.config import reading_keys
from hallmark.config.component import TARGET, ShippedComponent
from hallmark.config.networks import uneven_heads
from hallmark.config.section import Characters, Contradiction, Name, Names, Section, not_empty, setting

HELD_OUT = "held-out text"  # the case of the real text after the prompts

# That are computed of every window.
DESCRIPTORS = ("length", "digits", "upper_case", "punctuation", "space", "word_length", "code")


class Raw(Section):
    """Which documentation is taken, and how much of it."""

    libraries: Names = setting(meaning="installed packages, by the name that one imports")
    library_characters: int = setting(ge=1, unit="characters", meaning="at most, of each library")
    document_characters: int = setting(ge=1, unit="characters", meaning="at most, of each module")
    least_characters: int = setting(ge=1, unit="characters", meaning="modules with fewer are left out")


class Columns(reading_keys.Columns):
    """What the columns of Parquet and JSON lines are called; null: there is none.

    Text files have the columns file, folder (the first below the raw folder, else empty), position
    (the document's place among all), split where `splits` or `holdout` say one, and the named
    groups of `cut.pattern`.
    """

    text: Name = setting("text", role="label", meaning="the text")
    id: Name | None = setting(None, role="name", meaning="null: the file, and the place in it")
    entity: Name | None = setting(None, role="name", meaning="null: each document is an entity of its own")
    time: Name | None = setting(
        None, role="time", unit="seconds", meaning="numbers, or dates as ISO 8601; text files can name position"
    )
    split: Name | None = setting(None, role="split", meaning="train, validation or test, as published")


class Cut(Section):
    """How a text file becomes documents: a new one begins at a match once the one before is long enough."""

    pattern: Characters = setting(meaning="a regular expression; ^ and $ are the ends of lines")
    least: int = setting(1, ge=1, unit="characters", meaning="least length of a document")


class Reading(reading_keys.Reading):
    """How texts become windows of tokens."""

    format: Literal["text", "parquet", "jsonl"] = setting(meaning="text files, Parquet, or JSON lines")
    vocabulary: int = setting(
        ge=256, unit="tokens", meaning="of the byte-level BPE, with the 256 bytes; learned from the training split"
    )
    context: int = setting(ge=2, unit="tokens", meaning="in a window")
    overlap: int = setting(
        ge=1, unit="tokens", meaning="of a window that repeat the end of the one before, as context alone"
    )
    columns: Columns = setting(Columns(), meaning="what the columns are called")
    cut: Cut | None = setting(None, meaning="text: null takes each file as a document")
    splits: dict[str, str] = setting({}, meaning="text: a file's name → its published split")
    holdout: float = setting(
        0.0, ge=0, lt=1, meaning="text: this last share of every file's characters is the published test split"
    )

    def target(self) -> reading_keys.Target:
        return reading_keys.Target("target.next", "columns.text")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._overlap_too_large(), self._keys_of_text_files())

    def computed_descriptors(self) -> list[str]:
        return list(DESCRIPTORS)

    def may_publish_splits(self) -> bool:
        """Return whether a column is named, or a table may have the column "split", or keys of text files make one."""
        return super().may_publish_splits() or self.format != "text" or bool(self.splits or self.holdout)

    def _keys_of_text_files(self) -> Iterator[Contradiction]:
        if self.format == "text":
            return
        for key, value in (("cut", self.cut), ("splits", self.splits), ("holdout", self.holdout)):
            if value:
                yield Contradiction(key, f"is for text files, but prepare.reading.format is {self.format!r}")

    def _overlap_too_large(self) -> Iterator[Contradiction]:
        if self.overlap >= self.context:
            words = f"is {self.overlap}: it must be less than prepare.reading.context, {self.context}"
            yield Contradiction("overlap", words)


class Network(ShippedComponent):
    """A transformer decoder with a memory of n-grams."""

    target: Literal["hallmark.systems.language.network.LanguageModel"] = setting(
        "hallmark.systems.language.network.LanguageModel",
        alias=TARGET,
        meaning="the shipped network; the keys below are its own",
    )
    width: int = setting(ge=1, unit="units", meaning="of every layer; a multiple of heads")
    depth: int = setting(ge=1, meaning="blocks of attention and perceptron")
    heads: int = setting(ge=1, meaning="of attention")
    dropout: float = setting(ge=0, lt=1, meaning="share of units dropped")
    memory: int = setting(
        ge=0, unit="rows", meaning="of each hashed table, one for the last two tokens, one for three; 0: none"
    )
    forget: float = setting(
        ge=0,
        lt=1,
        meaning="share of the positions whose n-gram is dropped in training, so that the model doesn't rely on it",
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (uneven_heads(self.width, self.heads),)


class Diagnostics(Section):
    """Texts that are generated from test prompts, and compared with the training text."""

    samples: int = setting(ge=1, meaning="prompts, each of another test document where there are enough")
    prompt: int = setting(ge=1, unit="tokens", meaning="length of a prompt")
    tokens: int = setting(ge=1, unit="tokens", meaning="generated after each prompt")
    temperatures: Annotated[list[Annotated[float, Field(gt=0)]], not_empty] = setting(
        meaning="at which it is generated"
    )
    span: int = setting(ge=1, unit="characters", meaning="least length of equal text that counts as a copy")

    def cases(self, check: str) -> list[str]:
        """Return the cases of a check's findings: the temperatures, and of memorisation the real text."""
        written = [temperature_case(temperature) for temperature in self.temperatures]
        return [*written, HELD_OUT] if check == "evaluate.memorisation" else written


def temperature_case(temperature: float) -> str:
    """Return the name of a case in findings: what the model writes at a temperature."""
    return f"temperature {temperature:g}"
