"""Migration of a person's own YAML files: former keys and values get their present names.

Comments stay. When you rename a key, add a line to `config.former_names.RENAMED`: the former key is
then refused in a sentence that names the present one, and is rewritten here. When you move a key,
or change its shape, add a line to `config.former_names.KEYS` and one to MIGRATIONS, with the
function that changes the mapping.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from hallmark import systems
from hallmark.config import former_names
from hallmark.configure import conf_files
from hallmark.configure.former_reading import reshape_reading
from hallmark.configure.former_subjects import select_by_fields
from hallmark.configure.renames import Change, rename_key, rename_values
from hallmark.errors import InputError
from hallmark.files import write_whole

_REFERENCE_START = re.compile(r"\$\{(?P<key>[A-Za-z_][\w.-]*)")  # of ${evaluate.metrics[0]}, all before [0]}


@dataclass(frozen=True)
class Migration:
    """A change of one or several mappings: those at `key` in the files of conf/ that match `files`."""

    files: str  # a pattern below conf/: tasks.yaml, task/*.yaml
    key: str  # dotted, where * stands for any name: tasks.*, gate.requirements.*; "" is the top of the file
    change: Change


def _renamed_keys() -> Iterator[Migration]:
    """Yield the migrations of the keys in `former_names.RENAMED`.

    The file of one stage, conf/drift/default.yaml, has the stage's keys at its top; the others have
    them in a section.
    """
    for former_key, today in former_names.RENAMED.items():
        section, _, former = former_key.rpartition(".")
        change = rename_key(former, today)
        for files in ("config.yaml", "system/*.yaml", "task/*.yaml"):
            yield Migration(files, section, change)
        yield Migration(f"{section}/*.yaml", "", change)


MIGRATIONS = (
    *_renamed_keys(),
    Migration("tasks.yaml", "", rename_key("embedded", "bundled")),
    Migration("tasks.yaml", "tasks.*", rename_values("system", systems.RENAMED)),
    Migration("tasks.yaml", "bundled.*", rename_values("system", systems.RENAMED)),
    Migration("task/*.yaml", "prepare.reading", reshape_reading),
    Migration("system/*.yaml", "prepare.reading", reshape_reading),
    Migration("task/*.yaml", "gate.requirements.*", select_by_fields),
    Migration("gate/*.yaml", "requirements.*", select_by_fields),
)


def migrate(conf: Path, migrations: tuple[Migration, ...] = MIGRATIONS) -> list[str]:
    """Rewrite the files of `conf` that have former keys or values, and return their names.

    References to former keys count as well. A file without any of them stays byte-identical. Raises
    `InputError` on a file that may have some and is no YAML.
    """
    rewritten = []
    for path in conf_files.yaml_files(conf):
        own_migrations = [each for each in migrations if path.relative_to(conf).match(each.files)]
        has_references = b"${" in path.read_bytes()
        name = conf_files.display_name(conf, path)
        if (own_migrations or has_references) and _rewrite(path, name, own_migrations):
            rewritten.append(name)
    return rewritten


def _rewrite(path: Path, name: str, migrations: list[Migration]) -> bool:
    """Apply the migrations to a file and write it if they change anything; return whether they did."""
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 10_000  # columns: long lines are not wrapped
    editor.indent(mapping=2, sequence=4, offset=2)
    try:
        content = editor.load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise InputError(f"{name} is no YAML: {str(error).splitlines()[0]}") from error

    # Compared as ruamel writes both, since it writes some files otherwise than the person did.
    text_before = _dump(editor, content)
    for migration in migrations:
        names = migration.key.split(".") if migration.key else []
        for section in _mappings_at(content, names):
            migration.change(section)
    _rename_references(content)
    text_after = _dump(editor, content)

    if text_after == text_before:
        return False
    write_whole(path, text_after.encode())
    return True


def _mappings_at(content: Any, names: list[str]) -> Iterator[CommentedMap]:
    """Yield the mappings at a dotted key, split into `names`, where * stands for any name."""
    if not isinstance(content, CommentedMap):
        return
    if not names:
        yield content
        return
    for name in list(content) if names[0] == "*" else [names[0]]:
        yield from _mappings_at(content.get(name), names[1:])


def _rename_references(content: Any) -> None:
    """Replace references to former keys, ${evaluate.headline}, in every text below `content`, in place."""
    if not isinstance(content, dict | list):
        return
    for place, value in list(content.items() if isinstance(content, dict) else enumerate(content)):
        if isinstance(value, str):
            today = _with_todays_references(value)
            if today != value:
                content[place] = type(value)(today)  # ruamel's own class of text, which keeps quotation marks
        else:
            _rename_references(value)


def _with_todays_references(text: str) -> str:
    """Return the text with today's key in each reference to a former key or to a key below one."""

    def todays_reference(reference: re.Match[str]) -> str:
        names = reference["key"].split(".")
        for length in range(len(names), 0, -1):
            today = former_names.todays_key(".".join(names[:length]))
            if today is not None:
                return "${" + ".".join([today, *names[length:]])
        return reference[0]

    return _REFERENCE_START.sub(todays_reference, text)


def _dump(editor: YAML, content: Any) -> str:
    """Return the text of the file that ruamel would write."""
    stream = io.StringIO()
    editor.dump(content, stream)
    return stream.getvalue()
