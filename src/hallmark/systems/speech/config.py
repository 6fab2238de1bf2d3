"""The keys of a speech task: the typed schema of `raw`, `prepare.reading` and `train.network`."""

from dataclasses import dataclass, field

from omegaconf import MISSING

from hallmark.formats.config import SourceWords


@dataclass
class Raw:
    speakers: int = MISSING  # each a voice, an accent, a pitch and a rate of speech
    clips: int = MISSING  # of each speaker


@dataclass
class Columns:
    """What the columns of the transcript table or of the Parquet files are called; null: there is none."""

    audio: str = "file"  # the recording's path within the raw folder; in Parquet, its bytes
    text: str = "text"
    id: str | None = None  # null: the path, or the place in the file
    entity: str | None = None  # null: each recording is an entity of its own
    time: str | None = None  # numbers of seconds, or dates
    split: str | None = None  # train, validation or test, as published


@dataclass
class Band:
    """A group made of a descriptor. The edges are fixed here, so that no split is looked at to make them."""

    descriptor: str = MISSING
    edges: list[float] = MISSING  # inner ones, ascending; a value on an edge belongs to the band above it


@dataclass
class Reading:
    format: str = MISSING  # folder (of WAV files) or parquet
    sample_rate: int = MISSING  # Hz that every recording is brought to
    seconds: float = MISSING  # the longest recording that is read; shorter ones are padded
    alphabet: str = MISSING  # the characters of transcripts; capitals are read as small letters
    # closed: the words of the training split, in the orders that they take there rather than in others; open: any word
    # that the alphabet can spell, heard letter by letter
    vocabulary: str = MISSING
    transcripts: str | None = None  # folder: the table in the raw folder, CSV or Parquet
    columns: Columns = field(default_factory=Columns)
    groups: dict[str, str] = field(default_factory=dict)  # a group's name to the column that it is
    bands: dict[str, Band] = field(default_factory=dict)
    source: SourceWords | None = None
    leave_out: list[str] = field(default_factory=list)  # patterns of files in the raw folder that are not to be read


@dataclass
class Network:
    width: int = MISSING  # channels of every block
    depth: int = MISSING  # blocks
    kernel: int = MISSING  # frames that a block's convolution sees, odd
    dropout: float = 0.0
    speed: float = 0.0  # augmentation: at most this share faster or slower, which moves pitch and formants too
    noise: float = 0.0  # augmentation: white noise of at most this share of the voice's deviation
    masks: int = 0  # augmentation: as many bands of time, and as many of frequency, are blanked
