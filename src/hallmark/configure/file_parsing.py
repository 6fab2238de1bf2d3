"""Parsing of the files of conf/ of which a task may be composed."""

from pathlib import Path

import yaml
from omegaconf._utils import get_yaml_loader

from hallmark.config.mistakes import Mistake
from hallmark.configure import conf_files, defaults_lists, yaml_nodes
from hallmark.configure.copied_files import CopiedFile, Copy
from hallmark.configure.package_headers import HYDRA_SECTION
from hallmark.errors import InputError

_LOADER = get_yaml_loader()  # the one by which Hydra reads its files
_NO_YAML = "a: ["  # the copy of a file that is no YAML: whatever its fault is, Hydra fails on this


def parse_files(conf: Path, target: Path, own_files: set[Path], copy: Copy) -> list[CopiedFile]:
    """Return the files of which the task may be composed, sorted by path.

    They are the `own_files` of the task, all shared ones, and those of other tasks and systems that
    a defaults list names. Left out are those that can't be read, which are added to the copy's
    faults, and those that are no YAML, which are added to its unparsable ones and have a copy in
    `target` at once.
    """
    all_paths = {path.relative_to(conf) for path in conf_files.yaml_files(conf)} - {*map(Path, conf_files.NOT_COMPOSED)}
    for path in sorted(all_paths):
        if path.parts[0] == HYDRA_SECTION:
            display_name = conf_files.display_name(conf, conf / path)
            copy.note(
                Mistake("", f"{display_name} lies in the group of Hydra's own options, which conf/ has not: move it")
            )
            all_paths.remove(path)
    shared_paths = {path for path in all_paths if path.parts[0] not in conf_files.OWN_GROUPS}
    to_parse = sorted(all_paths & (own_files | shared_paths))

    files: dict[Path, CopiedFile] = {}
    parsed_paths: set[Path] = set()
    while to_parse:
        path = to_parse.pop(0)
        parsed_paths.add(path)
        file = _parse(conf, path, target, copy, is_own=path in own_files)
        if file is None:
            continue

        files[path] = file
        further_paths = _paths_in_defaults(file) & all_paths
        to_parse += sorted(further_paths - parsed_paths - set(to_parse))

    for path in sorted(all_paths - parsed_paths):
        _note_unreadable(conf / path, copy)
    return [files[path] for path in sorted(files)]


def _parse(conf: Path, relative: Path, target: Path, copy: Copy, *, is_own: bool) -> CopiedFile | None:
    """Return a file's nodes; None for one that can't be read or is no YAML, which is noted."""
    path = conf / relative
    display_name = conf_files.display_name(conf, path)
    try:
        text = conf_files.read_text(path)
        root = yaml.compose(text, Loader=_LOADER)
    except InputError as error:
        copy.note(Mistake("", str(error)))
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        place = f"{display_name}, line {line}"
        reason = f"the byte 0x{error.object[error.start]:02x} is no UTF-8: save the file as UTF-8"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{display_name}, line {mark.line + 1}, column {mark.column + 1}" if mark else display_name
        reason = error.problem or conf_files.first_line(error)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        place = display_name
        reason = conf_files.first_line(error)
    else:
        recursive_node = yaml_nodes.find_recursion(root)
        if recursive_node is None:
            return CopiedFile(display_name, relative, text, root, conf_files.package_header(text), is_own)
        place = f"{display_name}, line {yaml_nodes.line_of(recursive_node)}"
        reason = "an alias (*) stands in the value of its own anchor (&): write the value out"

    copy.unparsable.append(Mistake("", f": {reason}", file=place))
    copied_path = target / relative
    copied_path.parent.mkdir(parents=True, exist_ok=True)
    copied_path.write_text(_NO_YAML, encoding="utf-8")
    return None


def _paths_in_defaults(file: CopiedFile) -> set[Path]:
    """Return the paths below conf/ that a file's defaults list names, whether they exist or not."""
    paths: set[Path] = set()
    for name, value in yaml_nodes.entries(file.root):
        if name.value == "defaults" and isinstance(value, yaml.SequenceNode):
            for node in value.value:
                paths |= {Path(named) for named in defaults_lists.files(yaml_nodes.plain_content(node), file.group)}
    return paths


def _note_unreadable(path: Path, copy: Copy) -> None:
    """Note it where a file can't be read that the task does not need: DVC, which hashes all of conf/, needs it."""
    try:
        conf_files.read_text(path)
    except InputError as error:
        copy.note(Mistake("", str(error)))
    except UnicodeDecodeError:
        return  # the task that needs the file says so
