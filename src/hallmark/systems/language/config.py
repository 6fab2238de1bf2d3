"""The keys of a language task: the typed schema of `raw`, `prepare.reading`, `train.network` and `evaluate.probe`."""

from dataclasses import dataclass, field

from omegaconf import MISSING

from hallmark.formats.config import NamedBand, SourceWords


@dataclass
class Raw:
    libraries: list[str] = MISSING  # installed packages, by the name that one imports
    library_characters: int = MISSING  # at most, of each library
    document_characters: int = MISSING  # at most, of each module
    least_characters: int = MISSING  # modules with fewer are left out


@dataclass
class Columns:
    """What the columns of Parquet and JSON lines are called; null: there is none.

    Text files have the columns file, folder (the first below the raw folder, else empty), position (the document's
    place among all), split where `splits` or `holdout` say one, and the named groups of `cut.pattern`.
    """

    text: str = "text"
    id: str | None = None  # null: the file, and the place in it
    entity: str | None = None  # null: each document is an entity of its own
    time: str | None = None  # seconds, or dates as ISO 8601; text files can name position
    split: str | None = None  # train, validation or test, as published


@dataclass
class Cut:
    """How a text file becomes documents: a new one begins at a match once the one before is long enough."""

    pattern: str = MISSING  # a regular expression; ^ and $ are the ends of lines
    least: int = 1  # characters


@dataclass
class Reading:
    format: str = MISSING  # text, parquet or jsonl
    vocabulary: int = MISSING  # tokens of the byte-level BPE, at least the 256 bytes; learned from the training split
    context: int = MISSING  # tokens in a window
    overlap: int = MISSING  # of them, how many stood in the window before and are context alone
    columns: Columns = field(default_factory=Columns)
    cut: Cut | None = None  # text: null takes each file as a document
    splits: dict[str, str] = field(default_factory=dict)  # text: a file's name to its published split
    holdout: float = 0.0  # text: this last share of every file's characters is the published test split
    groups: dict[str, str] = field(default_factory=dict)  # a group's name to the column that it is
    bands: dict[str, NamedBand] = field(default_factory=dict)
    source: SourceWords | None = None
    leave_out: list[str] = field(default_factory=list)  # patterns of files in the raw folder that are not to be read


@dataclass
class Network:
    width: int = MISSING  # of every layer; a multiple of heads
    depth: int = MISSING  # blocks of attention and perceptron
    heads: int = MISSING
    dropout: float = MISSING
    memory: int = MISSING  # rows of each hashed table, one for the last two tokens, one for three; 0: none
    forget: float = MISSING  # share of the positions whose n-gram is hidden while training, so that none is leant on


@dataclass
class Probe:
    """What is generated from test prompts, and how it is compared with the training text."""

    samples: int = MISSING  # prompts, each of another test document where there are enough
    prompt: int = MISSING  # tokens
    tokens: int = MISSING  # generated after each prompt
    temperatures: list[float] = MISSING
    span: int = MISSING  # characters that must be equal for a copy
