"""The keys of a speech task: `raw`, `prepare.reading` and `train.network`."""

from collections.abc import Iterable, Iterator
from typing import Literal

from hallmark.config import reading_keys
from hallmark.config.component import TARGET, ShippedComponent
from hallmark.config.section import Characters, Contradiction, Name, Odd, Section, setting
from hallmark.config.table_files import TableFile

DESCRIPTORS = ("duration", "loudness", "range", "crossings", "centroid")  # that are computed of every recording


class Raw(Section):
    """The size of the synthetic data set."""

    speakers: int = setting(ge=1, meaning="how many; each a voice, an accent, a pitch and a rate of speech")
    clips: int = setting(ge=2, meaning="of each speaker; its babble is made of its other clips")


class Columns(reading_keys.Columns):
    """What the columns of the transcript table or of the Parquet files are called; null: there is none."""

    audio: Name = setting("file", role="medium", meaning="the recording's path within the raw folder, or its bytes")
    text: Name = setting("text", role="label", meaning="the transcript")
    id: Name | None = setting(None, role="name", meaning="null: the path, or the position in the file")
    entity: Name | None = setting(None, role="name", meaning="null: each recording is an entity of its own")
    time: Name | None = setting(None, role="time", unit="seconds", meaning="numbers, or dates")
    split: Name | None = setting(None, role="split", meaning="train, validation or test, as published")


class Reading(reading_keys.Reading):
    """How recordings and their transcripts become examples."""

    format: Literal["folder", "parquet"] = setting(meaning="folder (of WAV files), or parquet (with the files' bytes)")
    sample_rate: int = setting(ge=1, unit="Hz", meaning="every recording is resampled to it")
    seconds: float = setting(gt=0, unit="s", meaning="of the longest recording that is read; shorter ones are padded")
    alphabet: Characters = setting(meaning="the characters of transcripts; capitals are read as small letters")
    vocabulary: Literal["closed", "open"] = setting(
        meaning="closed: words of the training split, by a bigram model of their order there; "
        "open: any word that the alphabet can spell, letter by letter"
    )
    transcripts: TableFile | None = setting(None, meaning="folder: the table in the raw folder, CSV or Parquet")
    columns: Columns = setting(Columns(), meaning="what the columns are called")

    def target(self) -> reading_keys.Target:
        return reading_keys.Target("target.tokens", "columns.text")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._transcripts_of_another_format())

    def computed_descriptors(self) -> list[str]:
        return list(DESCRIPTORS)

    def may_publish_splits(self) -> bool:
        """Return whether a column is named, or Parquet files may be named as splits."""
        return super().may_publish_splits() or self.format == "parquet"

    def _transcripts_of_another_format(self) -> Iterator[Contradiction]:
        if self.format == "folder" and not self.transcripts:
            yield Contradiction("transcripts", "is null: it must name the table, which the format folder needs")
        if self.format != "folder" and self.transcripts:
            words = f"is {self.transcripts!r}, but only the format folder has such a table"
            yield Contradiction("transcripts", words)


class Network(ShippedComponent):
    """Separable convolutions over time with a CTC output, and how recordings are augmented."""

    target: Literal["hallmark.systems.speech.network.AcousticEncoder"] = setting(
        "hallmark.systems.speech.network.AcousticEncoder",
        alias=TARGET,
        meaning="the shipped network; the keys below are its own",
    )
    width: int = setting(ge=1, unit="channels", meaning="of every block")
    depth: int = setting(ge=1, meaning="blocks")
    kernel: Odd = setting(ge=1, unit="frames", meaning="width of a block's convolution; an odd number")
    dropout: float = setting(0.0, ge=0, lt=1, meaning="share of units dropped")
    speed: float = setting(
        0.0,
        ge=0,
        lt=1,
        meaning="augmentation: at most this share faster or slower, which moves pitch, too",
    )
    noise: float = setting(0.0, ge=0, meaning="augmentation: white noise, at most this share of the voice's deviation")
    masks: int = setting(0, ge=0, meaning="augmentation: as many bands of time, and as many of frequency, are blanked")
