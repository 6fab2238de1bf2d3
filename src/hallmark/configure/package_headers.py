"""Headers of the files of conf/: `# @package _global_` says which section a file's keys belong to."""

import re

from hallmark.config import mistakes
from hallmark.config.mistakes import Mistake
from hallmark.config.section import Section
from hallmark.configure.conf_files import GLOBAL_PACKAGE
from hallmark.configure.copied_files import CopiedFile, Copy

HYDRA_SECTION = "hydra"  # the section that configures Hydra itself, which no file of conf/ may
_NAME = re.compile(r"[\w-]+")
_RESERVED_NAME = re.compile(r"_\w+_")  # of Hydra: _group_, _here_


def mend_header(file: CopiedFile, model: type[Section], copy: Copy) -> None:
    """Note the fault of a file's header, and give the file the usual one instead.

    The usual header is `_global_` for the files of the task and of its system, and none for others,
    whose section is their group.
    """
    usual_header = GLOBAL_PACKAGE if file.is_own else None
    if file.header is None:
        if file.is_own and file.root is not None:
            fault = (
                f"has no header `# @package {GLOBAL_PACKAGE}`: without it its keys lie below "
                f"`{file.group}`, where nothing reads them; make it the file's first line"
            )
            copy.note_in_file(file, "", fault)
        file.header = usual_header
        return

    fault = _fault_of(file.header, model, is_own=file.is_own)
    if fault:
        words = f"has the package {file.header!r}: {fault}"
        copy.note(Mistake("the header", words, file=file.display_name))
        file.header = usual_header


def _fault_of(header: str, model: type[Section], *, is_own: bool) -> str:
    """Return why a file can't have the package of its header, and the cure; "" where it can."""
    names = header.split(".")
    words = re.findall(r"\w+", header)  # Hydra reads [hydra] and _global_.hydra as hydra, too
    first_word = next((word for word in words if word != GLOBAL_PACKAGE), "")
    if first_word == HYDRA_SECTION or "${" in header:
        return "conf/ does not configure Hydra"
    if len(header.split()) > 1:
        return f"it must be one name, as `# @package {GLOBAL_PACKAGE}`"
    if "" in names:
        return "it must have a name before and after each dot"
    if not all(_NAME.fullmatch(name) for name in names):
        return "it must be names with dots between them, such as evaluate.diagnostics"
    if GLOBAL_PACKAGE in names and len(names) > 1:
        return f"{GLOBAL_PACKAGE} is the top level: write it alone, or the other names without it"
    if any(_RESERVED_NAME.fullmatch(name) and name != GLOBAL_PACKAGE for name in names):
        return f"Hydra knows {GLOBAL_PACKAGE} alone{mistakes.did_you_mean(header, [GLOBAL_PACKAGE])}"

    sections = [field.alias or name for name, field in model.model_fields.items()]
    possible_names = [GLOBAL_PACKAGE, *sections]
    if is_own and names[0] not in possible_names:
        return f"it must be {GLOBAL_PACKAGE}, or a section{mistakes.did_you_mean(names[0], possible_names)}"
    return ""
