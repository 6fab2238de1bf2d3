"""The files of conf/ that are copied for Hydra, as nodes of YAML, and what is found in them."""

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from hallmark.config.mistakes import Mistake
from hallmark.configure import conf_files, scalar_markers, yaml_nodes
from hallmark.configure.scalar_markers import Scalar, Scalars


@dataclass
class CopiedFile:
    """A file of conf/ whose copy Hydra reads. Its nodes change until it is written."""

    display_name: str  # in sentences: conf/task/image.yaml
    path: Path  # below conf/
    text: str
    root: yaml.Node | None
    header: str | None  # the package that the header `# @package` names
    is_own: bool  # it is the task's own file, or its system's

    @property
    def group(self) -> str:
        """The folder below conf/; "" for conf/config.yaml."""
        parent = self.path.parent.as_posix()
        return "" if parent == "." else parent

    @property
    def package(self) -> tuple[str, ...]:
        """The names of the section that the file fills; () is the top."""
        return tuple(conf_files.names_of_package(self.header, self.path))


@dataclass
class Copy:
    """What was found in the files of conf/ while they were copied.

    `scalars`: each marker's scalar. `placeholders`: the markers of values that can't be used.
    `faults`: what the files may not have, or why one can't be read, each with its file.
    `unparsable`: why a file is no YAML. Its copy is no YAML either, so that Hydra fails where the
    task uses it, and only then it is a mistake.

    `is_whole`: the files of the task and of its system are mappings of keys. Else nothing more can
    be said of the task. `is_complete`: nothing was left out that may set keys of the task. Else no
    key can be said to be missing. A file that can't be read changes neither, since Hydra fails
    where it needs one.
    """

    scalars: Scalars = field(default_factory=dict)
    faults: list[Mistake] = field(default_factory=list)
    unparsable: list[Mistake] = field(default_factory=list)
    placeholders: set[str] = field(default_factory=set)
    is_whole: bool = True
    is_complete: bool = True

    def note(self, mistake: Mistake) -> None:
        """Add a mistake to the faults, once."""
        if mistake not in self.faults:
            self.faults.append(mistake)

    def note_in_file(self, file: CopiedFile, key: str, fault: str, *, line: int | None = None) -> None:
        """Add the fault of a key, in words that follow it; the key "" stands for the whole file."""
        place = file.display_name if line is None else f"{file.display_name}, line {line},"
        words = fault if key else f" {fault}"
        self.note(Mistake(key, words, file=place))

    def note_left_out(self, file: CopiedFile) -> None:
        """Note that a whole file is left out, whose fault is noted as well."""
        self.is_whole = self.is_whole and not file.is_own
        self.is_complete = False

    def mark(self, file: CopiedFile, node: yaml.Node) -> str:
        """Return a new marker for a node of a file."""
        text = node.value if isinstance(node, yaml.ScalarNode) else yaml_nodes.in_words(node)
        scalar = Scalar(text, file.path.as_posix(), yaml_nodes.line_of(node))
        return scalar_markers.add(self.scalars, scalar)

    def replace(self, file: CopiedFile, node: yaml.Node) -> None:
        """Set a marker that is no value in the place of a node, whose fault is noted as well."""
        marker = self.mark(file, node)
        self.placeholders.add(marker)
        yaml_nodes.turn_into_text(node, marker)

    def is_placeholder(self, node: yaml.Node) -> bool:
        """Return whether a node was replaced, so that its fault is noted."""
        return isinstance(node, yaml.ScalarNode) and node.value in self.placeholders
