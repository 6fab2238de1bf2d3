"""The keys under `prepare.reading` that every system with pictures has, typed."""

from dataclasses import dataclass

from omegaconf import MISSING


@dataclass
class Columns:
    """What the columns of the metadata table, the Parquet files or the npz are called; null: there is none."""

    image: str | None = "file"  # the picture's path within the raw folder; in Parquet, its bytes
    label: str | None = "label"
    id: str | None = None  # null: the path, or the place in the file
    entity: str | None = None  # null: each picture is an entity of its own
    time: str | None = None  # numbers, or dates as ISO 8601
    split: str | None = None  # train, validation or test, as published


@dataclass
class Band:
    """A group made of a descriptor. The edges are fixed here, so that no split is looked at to make them."""

    descriptor: str = MISSING
    edges: list[float] = MISSING  # ascending; a value on an edge belongs to the band above it
    names: list[str] = MISSING  # one more than edges


@dataclass
class SourceWords:
    """What the model card says of a person's own data; embedded data brings its own source.json."""

    title: str = MISSING
    origin: str = ""
    licence: str = ""
    simulated: bool = False
    entity: str = "example"
