"""The copy of conf/ that Hydra composes: with markers, and without what can't be composed.

Each unquoted Boolean and number is a marker (see `scalar_markers`). What a file may not have is
noted as a mistake and left out, or has a marker in its place, so that the composition goes on and
all mistakes are reported at once.
"""

from pathlib import Path

import yaml

from hallmark.config import parameters_model
from hallmark.configure import defaults_lists
from hallmark.configure.collisions import replace_collisions
from hallmark.configure.copied_files import CopiedFile, Copy
from hallmark.configure.defaults_mending import mend_defaults
from hallmark.configure.file_parsing import parse_files
from hallmark.configure.node_mending import mend_nodes
from hallmark.configure.package_headers import mend_header


def copy_conf(conf: Path, target: Path, *, task: str, system: str) -> Copy:
    """Copy the YAML files of which the task may be composed into `target`, and return what was found.

    In the copies numbers and Booleans are markers, and keys are texts whatever they look like. The
    defaults lists have no markers, since Hydra reads them itself.
    """
    copy = Copy()
    model = parameters_model(system)
    own_files = {Path("task", f"{task}.yaml"), Path("system", f"{system}.yaml")}
    files = parse_files(conf, target, own_files, copy)

    for file in files:
        mend_header(file, model, copy)
    for file in files:
        mend_nodes(file, copy)
    mend_defaults(files, defaults_lists.options_by_group(conf), copy)
    replace_collisions(files, model, copy)

    for file in files:
        _write(file, target)
    return copy


def _write(file: CopiedFile, target: Path) -> None:
    """Write the copy of a file, which has no keys where the file is no mapping."""
    header = "" if file.header is None else f"# @package {file.header}\n"
    content = ""
    if isinstance(file.root, yaml.MappingNode):
        content = yaml.serialize(file.root, Dumper=yaml.SafeDumper, allow_unicode=True, width=1_000_000)

    path = target / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + content, encoding="utf-8")
