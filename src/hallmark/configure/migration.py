"""Migration of a person's own YAML files: former keys and values get their present names.

Each change is an edit of the file's text, so that comments, quotation marks and line ends stay;
`prepare.reading` and `train`, whose shapes changed, are written anew. When you rename a key, add a line to
`config.former_names.RENAMED`: the former key is then refused in a sentence that names the present
one, and is rewritten here. When you move a key, or change its shape, add a line to
`config.former_names.KEYS`, and rewrite it here. Every key of KEYS that is left over is reported.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from yaml.nodes import Node

from hallmark import systems
from hallmark.config import former_names
from hallmark.config.component import TARGET
from hallmark.configure import conf_files, former_requirements, yaml_places
from hallmark.configure.conf_packages import packages
from hallmark.configure.former_reading import reshape_reading
from hallmark.configure.former_references import former_keys, rename_references
from hallmark.configure.former_requirements import ConfFile, Plan
from hallmark.configure.former_training import reshape_training
from hallmark.configure.yaml_places import Edit, Place
from hallmark.errors import InputError
from hallmark.files import write_whole

_RENAMED_IN_TASK_LIST = {"embedded": "bundled"}
# A section whose shape changed, and what gives it today's.
_RESHAPED: Mapping[Place, Callable[[CommentedMap], None]] = {
    ("prepare", "reading"): reshape_reading,
    ("train",): reshape_training,
}
_NETWORK = ("train", "network")  # a file of this package is an option, whose arguments are its own
_CURE = "change it by hand"


@dataclass(frozen=True)
class Outcome:
    """The names of the files that were rewritten, and a sentence for each place to change by hand."""

    rewritten: list[str]
    by_hand: list[str]


def migrate(conf: Path) -> Outcome:
    """Rewrite the files of `conf` that have former keys or values, or references to former keys.

    A file with a place that can't be rewritten stays as it is, and so does one without former
    names. All new texts are made before the first file is written.
    """
    by_hand: list[str] = []
    texts: dict[PurePosixPath, str] = {}
    nodes: dict[PurePosixPath, Node | None] = {}
    for path in conf_files.yaml_files(conf):
        place = PurePosixPath(path.relative_to(conf).as_posix())
        try:
            text = _read(path)
            nodes[place] = yaml_places.parse(text)
            texts[place] = text
        except InputError as error:
            by_hand.append(f"{conf_files.display_name(conf, path)} {error}")
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            by_hand.append(f"{conf_files.display_name(conf, path)} is no YAML: {str(error).splitlines()[0]}")

    packages_by_file = packages(texts, nodes)
    files = [ConfFile(place, text, nodes[place], packages_by_file[place]) for place, text in texts.items()]
    plans = former_requirements.plan(files)

    new_texts: dict[PurePosixPath, str] = {}
    for file in files:
        text, sentences = _rewritten(file, plans[file.path])
        by_hand += [f"{conf.name}/{file.path}: {sentence}" for sentence in dict.fromkeys(sentences)]
        if text != file.text and not sentences:
            new_texts[file.path] = text

    for place, text in new_texts.items():
        write_whole(conf / place, text.encode())
    return Outcome([f"{conf.name}/{place}" for place in new_texts], by_hand)


def _read(path: Path) -> str:
    """Return a file's text, with its line ends. Raises `InputError` where it can't be read, or is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"is not UTF-8 (line {line}): save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}") from error


def _rewritten(file: ConfFile, plan: Plan) -> tuple[str, list[str]]:
    """Return a file's text of today, and a sentence for each place that can't be rewritten."""
    sentences = [*plan.sentences]
    edits, sentences_of_keys = _key_edits(file)
    edits |= plan.edits
    sentences += sentences_of_keys
    edits |= set(_value_edits(file, {edit.start for edit in plan.edits}))

    text = yaml_places.apply(file.text, edits)
    try:
        sentences_of_shapes = []
        for section in _RESHAPED:
            text, further_sentences = _with_todays_shape(text, file, section)
            sentences_of_shapes += further_sentences
        rewritten = replace(file, text=text, node=yaml_places.parse(text))
    except (YAMLError, yaml.YAMLError) as error:
        return file.text, [*sentences, f"can't be rewritten: {str(error).splitlines()[0]}"]
    sentences += sentences_of_shapes
    sentences += former_requirements.changed_selections(rewritten, plan.expected)
    return text, [*sentences, *_leftovers(rewritten, sentences)]


def _key_edits(file: ConfFile) -> tuple[set[Edit], list[str]]:
    """Return the edits of renamed keys, and sentences on those that another name or an anchor hinders."""
    edits: set[Edit] = set()
    sentences = []
    for package in file.packages:
        entries = [*yaml_places.entries(file.node, package)]
        todays_names: dict[int, set[str | None]] = {}  # of one key in the text, at all its places
        for entry in entries:
            todays_names.setdefault(entry.key.start_mark.index, set()).add(_todays_name(file.path, entry.place))

        for entry in entries:
            today = _todays_name(file.path, entry.place)
            if today is None:
                continue
            key = ".".join(entry.place)
            source = yaml_places.source(file.text, entry.key)
            if any(other.place == (*entry.place[:-1], today) for other in entries):
                sentences.append(f"{key} stands beside {today}, its name today: delete one of them")
            elif len(todays_names[entry.key.start_mark.index]) > 1 or entry.place[-1] not in source:
                sentences.append(
                    f"{key} is called {today} now, and an anchor (&) shares it with another place: {_CURE}"
                )
            else:
                start = entry.key.start_mark.index
                edits.add(Edit(start, start + len(source), source.replace(entry.place[-1], today)))
    return edits, sentences


def _todays_name(path: PurePosixPath, place: Place) -> str | None:
    """Return the last name today of a key that was renamed in its place; None for any other."""
    if path == conf_files.TASK_LIST:
        return _RENAMED_IN_TASK_LIST.get(".".join(place))
    return former_names.RENAMED.get(".".join(place))


def _value_edits(file: ConfFile, edited: set[int]) -> Iterator[Edit]:
    """Yield the edits of values: references to former keys, and former names of systems in the list of tasks.

    `edited`: the places in the text that have an edit, of a whole subject with its references.
    """
    subjects = {
        entry.value.start_mark.index
        for package in file.packages
        for entry in yaml_places.entries(file.node, package)
        if entry.key.start_mark.index in edited
    }
    for place, scalar in yaml_places.scalars(file.node, ()):
        start = scalar.start_mark.index
        source = yaml_places.source(file.text, scalar)
        if file.path != conf_files.TASK_LIST:
            new_source = rename_references(source, [package + place for package in file.packages])
        elif len(place) == 3 and place[0] in ("tasks", "embedded", "bundled") and place[2] == "system":
            system = str(scalar.value)
            new_source = source.replace(system, systems.RENAMED.get(system, system))
        else:
            new_source = source
        if new_source != source and start not in subjects:
            yield Edit(start, start + len(source), new_source)


def _with_todays_shape(text: str, file: ConfFile, section: Place) -> tuple[str, list[str]]:
    """Return the text with today's shape of a section, and a sentence where an anchor hinders it.

    Raises ruamel's errors.
    """
    node = yaml_places.parse(text)
    packages_of_section = [package for package in file.packages if section[: len(package)] == package]
    if not any(_has_section(node, package, section) for package in packages_of_section):
        return text, []

    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 10_000  # columns: long lines are not wrapped
    editor.indent(mapping=2, sequence=4, offset=2)
    content = editor.load(text.replace("\r\n", "\n"))
    # Compared as ruamel writes both, since it writes some files otherwise than the person did.
    text_before = _dump(editor, content)
    for package in packages_of_section:
        for mapping in _mapping_at(content, section[len(package) :]):
            _RESHAPED[section](mapping)
    text_after = _dump(editor, content)

    if text_after == text_before:
        return text, []
    if any(_shares_nodes(node, package, section) for package in file.packages):
        return text, [f"{'.'.join(section)} has a former shape, and an anchor (&) in it: {_CURE}"]
    return text_after.replace("\n", "\r\n") if "\r\n" in text else text_after, []


def _has_section(node: Node | None, package: Place, section: Place) -> bool:
    """Return whether a file of the package states a part of the section."""
    return package == section or any(entry.place == section for entry in yaml_places.entries(node, package))


def _shares_nodes(node: Node | None, package: Place, section: Place) -> bool:
    """Return whether anything in the section is an alias, is merged, or stands at another place too."""
    entries = [*yaml_places.entries(node, package)]
    starts = [entry.key.start_mark.index for entry in entries]
    inside = [entry for entry in entries if entry.place[: len(section)] == section]
    return any(entry.is_alias or starts.count(entry.key.start_mark.index) > 1 for entry in inside)


def _mapping_at(content: Any, names: Sequence[str]) -> Iterator[CommentedMap]:
    """Yield the mapping at a key below `content`, if there is one."""
    for name in names:
        content = content.get(name) if isinstance(content, CommentedMap) else None
    if isinstance(content, CommentedMap):
        yield content


def _dump(editor: YAML, content: Any) -> str:
    """Return the text of the file that ruamel would write."""
    stream = io.StringIO()
    editor.dump(content, stream)
    return stream.getvalue()


def _is_own_argument(entry: yaml_places.Entry) -> bool:
    """Return whether an entry is an argument of a network that its file names, and so may be its own."""
    return entry.place[:-1] == _NETWORK and any(key.value == TARGET for key, _ in entry.owner.value)


def _leftovers(file: ConfFile, sentences: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each former key, and reference to one, that is still there and in no sentence."""
    if file.path == conf_files.TASK_LIST:
        return
    for package in file.packages:
        if package == _NETWORK:
            continue
        for entry in yaml_places.entries(file.node, package):
            key = ".".join(entry.place)
            today = former_names.todays_name(key)
            is_reported = any(sentence.startswith(f"{key} ") for sentence in sentences)
            if today and not is_reported and not _is_own_argument(entry):
                yield f"{key} is called {today} now, and can't be rewritten where it stands: {_CURE}"
    for place, scalar in yaml_places.scalars(file.node, ()):
        for key in former_keys(scalar.value, [package + place for package in file.packages]):
            today = former_names.todays_name(key)
            yield f"{'.'.join(place)} is {scalar.value!r}: {key} is called {today} now, {_CURE}"
