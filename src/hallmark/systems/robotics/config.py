"""The typed keys of the robotics system: `raw`, `prepare.reading`, `train.network` and `evaluate.probe`. Fields are
keyword arguments of the parts.
"""

from dataclasses import dataclass, field

from omegaconf import MISSING

from hallmark.formats.config import Band, SourceWords


@dataclass
class Raw:
    """How much is demonstrated; each episode is another robot."""

    episodes: int = MISSING
    steps: int = MISSING  # of an episode, each 0.05 s


@dataclass
class Bounds:
    """The range of an action, in its own unit; a log that leaves it is refused."""

    low: float = MISSING
    high: float = MISSING


@dataclass
class Settings:
    """A table that tells more of each episode (robot, payload …); its columns can be named like the log's own."""

    file: str = MISSING
    key: str = MISSING  # the column that both files have


@dataclass
class Reading:
    file: str = MISSING  # CSV, Parquet or npz, in the raw folder; a row for each step
    observations: list[str] = MISSING  # the sensors' columns
    history: int = MISSING  # readings that a policy sees: the current one and those before it
    actions: dict[str, Bounds] = field(default_factory=dict)  # numeric actions: their columns and bounds
    tolerance: float = 0.05  # share of an action's range within which it counts as right
    action: str = ""  # or an action of a known set: its column
    labels: dict[str, str] = field(default_factory=dict)  # and what each raw value is called
    episode: str = ""  # column; without it, the log is one episode
    step: str = ""  # column of whole numbers; without it, rows are steps in their order
    time: str = ""  # column: seconds or dates; without it, blocks are in the order of the log
    every: int = (
        1  # rows kept of each run, every so many steps: neighbours are nearly the same; histories see all steps
    )
    block: int = 0  # steps that make an entity, where there are too few episodes; histories end at its edge
    settings: Settings | None = None
    descriptors: list[str] = field(default_factory=list)  # columns that describe the settings, beside the computed ones
    groups: dict[str, dict[str, str]] = field(default_factory=dict)  # a raw value → a name; empty: names as they are
    bands: dict[str, Band] = field(default_factory=dict)  # groups made of a computed descriptor or a column
    source: SourceWords | None = None
    leave_out: list[str] = field(default_factory=list)  # patterns of files in the raw folder that are not to be read


@dataclass
class Network:
    width: int = MISSING
    depth: int = MISSING  # residual blocks
    bins: int = MISSING  # pieces of the piecewise linear encoding of every sensor
    dropout: float = MISSING


@dataclass
class Probe:
    """The closed loop on the embedded simulator; data of other robots has none, and nothing is driven then."""

    starts: int = 0  # episodes for each test setting; 0: there is no simulator of this data
    steps: int = 200  # of an episode, each 0.05 s
