"""The keys under `prepare.reading` that several systems have, typed."""

from dataclasses import dataclass

from omegaconf import MISSING


@dataclass
class Band:
    """A group made of a column of numbers. The edges are fixed here, so that no split is looked at to make them."""

    edges: list[float] = MISSING  # inner ones, ascending; a value on an edge belongs to the band above it


@dataclass
class NamedBand:
    """A group made of a descriptor, with names of one's own."""

    descriptor: str = MISSING
    edges: list[float] = MISSING  # as of a `Band`
    names: list[str] = MISSING  # one more than edges


@dataclass
class SourceWords:
    """What the model card says of a person's own data; embedded data brings its own source.json."""

    title: str = MISSING
    origin: str = ""
    licence: str = ""
    simulated: bool = False
    entity: str = "example"
