"""Digests of texts, files and folders."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hallmark import digests
from hallmark.errors import InputError

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1


def _write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_text_and_file_are_the_published_sha256(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert digests.text("abc") == digests.file(tmp_path / "abc") == ABC


def test_text_is_read_as_utf8() -> None:
    assert digests.text("é") == hashlib.sha256(b"\xc3\xa9").hexdigest()


def test_folder_joins_sorted_names_and_digests(tmp_path: Path) -> None:
    _write(tmp_path, {"b/c": b"abc", "a": b"abc"})
    assert digests.folder(tmp_path) == digests.text(f"a\0{ABC}b/c\0{ABC}")


def test_folder_depends_on_neither_place_nor_order_of_writing(tmp_path: Path) -> None:
    files = {"x": b"1", "d/y": b"2", "d/e/z": b"3"}
    one = _write(tmp_path / "one", files)
    two = _write(tmp_path / "two", dict(reversed(files.items())))
    assert digests.folder(one) == digests.folder(two)


@pytest.mark.parametrize(
    "other",
    [
        {"x": b"1", "y": b"3"},
        {"x": b"1", "z": b"2"},
        {"x": b"1"},
        {"x": b"2", "y": b"1"},
        {"x": b"1", "y": b"2", "z": b""},
        {"d/x": b"1", "d/y": b"2"},
        {"xy": b"12"},
    ],
)
def test_folder_sees_every_change(tmp_path: Path, other: dict[str, bytes]) -> None:
    before = _write(tmp_path / "before", {"x": b"1", "y": b"2"})
    assert digests.folder(_write(tmp_path / "after", other)) != digests.folder(before)


def test_folder_skips_compiled_code_at_any_depth(tmp_path: Path) -> None:
    _write(tmp_path, {"room/a.py": b"1"})
    before = digests.folder(tmp_path)
    _write(tmp_path, {"__pycache__/x.pyc": b"2", "room/__pycache__/a.pyc": b"3"})
    assert digests.folder(tmp_path) == before


def test_folder_does_not_change_with_times(tmp_path: Path) -> None:
    _write(tmp_path, {"a": b"1"})
    before = digests.folder(tmp_path)
    os.utime(tmp_path / "a", (0, 0))
    assert digests.folder(tmp_path) == before


def test_folder_works_below_a_folder_of_that_name(tmp_path: Path) -> None:
    below = _write(tmp_path / "__pycache__", {"a": b"abc"})
    assert digests.folder(below) == digests.text(f"a\0{ABC}")


@pytest.mark.parametrize("digest", [digests.file, digests.folder])
def test_what_is_missing_is_named(tmp_path: Path, digest: Callable[[Path], str]) -> None:
    with pytest.raises(InputError, match="nowhere"):
        digest(tmp_path / "nowhere")


def test_files_are_told_apart_by_content_and_order(tmp_path: Path) -> None:
    one = tmp_path / "one"
    two = tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    once = digests.files([one, two])
    assert once == digests.files([one, two]) != digests.files([two, one])

    two.write_text("3")
    assert digests.files([one, two]) != once


def test_folder_follows_a_linked_folder(tmp_path: Path) -> None:
    code = _write(tmp_path / "code", {"a.py": b"1"})
    elsewhere = _write(tmp_path / "elsewhere", {"b.py": b"2"})
    before = digests.folder(code)
    (code / "linked").symlink_to(elsewhere, target_is_directory=True)
    linked = digests.folder(code)

    assert linked == digests.folder(_write(tmp_path / "same", {"a.py": b"1", "linked/b.py": b"2"}))

    (elsewhere / "b.py").write_bytes(b"3")
    assert len({before, linked, digests.folder(code)}) == 3


def test_folder_names_a_link_to_a_folder_that_it_lies_in(tmp_path: Path) -> None:
    below = _write(tmp_path / "code", {"room/a.py": b"1"}) / "room"
    (below / "again").symlink_to(tmp_path / "code", target_is_directory=True)
    with pytest.raises(InputError, match=r"room/again is a link to a folder that it lies in"):
        digests.folder(tmp_path / "code")


def test_paths_tell_names_and_contents_apart(tmp_path: Path) -> None:
    _write(tmp_path, {"a": b"1", "d/b": b"2"})
    once = digests.paths(tmp_path, ["d", "a", "a"])
    assert once == digests.paths(tmp_path, ["a", "d"]) != digests.paths(tmp_path, ["a", "d/b"])
    _write(tmp_path, {"d/b": b"3"})
    assert digests.paths(tmp_path, ["a", "d"]) != once
