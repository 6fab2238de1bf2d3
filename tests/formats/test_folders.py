"""What lies in a raw folder: read, known to be no data, left out by declaration, or refused by name."""

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from hallmark.errors import InputError
from hallmark.formats.folders import discover, main
from hallmark.formats.tables import Table


def fill(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    return root


def test_companions_and_hidden_files_are_no_data(tmp_path: Path) -> None:
    companions = ("source.json", "README.md", "LICENSE", "Licence.txt", "COPYING", "SHA256SUMS", "Thumbs.db", "a.dvc")
    fill(tmp_path, *companions, ".gitignore", ".cache/x.csv", "b/.DS_Store", "__MACOSX/._1.png", "b/1.png", "a.csv")
    assert list(discover(tmp_path).files) == ["a.csv", "b/1.png"]


def test_what_counts_as_no_data_is_said_unless_it_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, "source.json", "SOURCE.md", "a.csv")
    discover(tmp_path)
    assert capsys.readouterr().err == ""

    fill(tmp_path, "README.md", "notice.txt", ".old/b.csv", "__MACOSX/._a.csv", "sub/Thumbs.db")
    discover(tmp_path)
    log = capsys.readouterr().err
    assert log.count("\n") == 1

    names = ("'README.md'", "'notice.txt'", "'.old/b.csv'", "'__MACOSX/._a.csv'", "'sub/Thumbs.db'", "(5 in all)")
    assert all(name in log for name in names)
    assert list(discover(tmp_path, [".old/*", "*.md", "notice.txt", "__MACOSX/*", "sub/Thumbs.db"]).files) == ["a.csv"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "name", ["12:30.png", "a\u202fb.png", "a\u00a0b.png", "a:b/c d.png", "émoji 🙂.png", "x\\y.png"]
)
def test_names_of_any_letters_are_read(tmp_path: Path, name: str) -> None:
    raw = discover(fill(tmp_path, name))
    assert raw.file(name, "the column") == tmp_path / name
    listing = Table(pd.DataFrame({"file": [name]}), tmp_path / "a.csv")
    assert listing.files("file", raw) == [(name, tmp_path / name)]


@pytest.mark.parametrize("name", ["a\u202egnp.exe", "a\u2028b", "a\x7f", "a\x1b[31m"])
def test_names_that_steer_how_they_are_shown_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="has a name with control characters"):
        discover(fill(tmp_path, name))


@pytest.mark.parametrize("again", ["a.png", "./a.png", "a.png ", "x/../a.png"])
def test_a_file_that_is_listed_twice_is_refused(tmp_path: Path, again: str) -> None:
    raw = discover(fill(tmp_path, "a.png", "b.png"))
    listing = Table(pd.DataFrame({"file": ["b.png", "a.png", again]}), tmp_path / "a.csv")
    with pytest.raises(InputError, match="row 3: .* (is listed a second time|lies outside the raw folder)"):
        listing.files("file", raw)


def test_a_readme_below_the_top_is_data(tmp_path: Path) -> None:
    assert list(discover(fill(tmp_path, "numpy/README.md")).files) == ["numpy/README.md"]


def test_suffixes_count_in_small_and_capital_letters(tmp_path: Path) -> None:
    raw = discover(fill(tmp_path, "a.TXT", "b.txt", "c.Txt", "d.md"))
    assert list(raw.having((".txt",))) == ["a.TXT", "b.txt", "c.Txt"]


def test_files_that_are_not_read_are_refused_by_name(tmp_path: Path) -> None:
    raw = discover(fill(tmp_path, "a.csv", *(f"{number}.tif" for number in range(7))))
    assert raw.file("a.csv") == tmp_path / "a.csv"
    with pytest.raises(InputError, match=r"holds 7 of 8 files that are not read: '0\.tif', '1\.tif', .* …\. "):
        raw.require_all_read()

    kept = discover(tmp_path, ["*.tif"])
    kept.file("a.csv")
    kept.require_all_read()

    with pytest.raises(InputError, match=r"a raw file is missing|0\.tif is not read, since it is left out"):
        kept.file("0.tif")
    with pytest.raises(InputError, match=r"leave_out names '\*\.gif', which matches no file"):
        discover(tmp_path, ["*.gif"])


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../secret.csv", "a/../../secret.csv", "C:\\x.csv", "..\\x", "", "a\0b"]
)
def test_paths_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    fill(tmp_path, "secret.csv", "raw/a.csv")
    with pytest.raises(InputError, match=r"prepare\.reading\.file names .* which lies outside the raw folder"):
        discover(tmp_path / "raw").file(name, "prepare.reading.file")


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket is a hundred bytes at most
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_fifo, "'sub/x.csv' is a FIFO, and no file"),
        (make_socket, "'sub/x.csv' is a socket, and no file"),
        (lambda path: path.symlink_to("/dev/zero"), "'sub/x.csv' is a link to a file outside|is a link to a device"),
        (lambda path: path.symlink_to(path.parent.parent.parent), "'sub/x.csv' is a link to a folder, which DVC"),
        (lambda path: path.symlink_to("nowhere"), "'sub/x.csv' is a link that leads nowhere"),
        (lambda path: path.symlink_to(path), "'sub/x.csv' is a link that leads nowhere"),
        (lambda path: path.symlink_to(path.parents[2] / "secret.csv"), "is a link to a file outside the raw folder"),
        (lambda path: path.with_name("bad\udcff.csv").touch(), "has a name with control characters"),
        (lambda path: path.with_name("a\nb.csv").touch(), "has a name with control characters"),
        (lambda path: make_fifo(path.with_name(".hidden")), "'sub/.hidden' is a FIFO"),
    ],
)
def test_what_is_no_file_of_the_folder_is_refused_by_name(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    fill(tmp_path, "secret.csv", "raw/a.csv", "raw/sub/b.csv")
    make(tmp_path / "raw/sub/x.csv")
    with pytest.raises(InputError, match=said):
        discover(tmp_path / "raw")


def test_links_within_the_folder_and_into_a_cache_of_dvc_are_read(tmp_path: Path) -> None:
    fill(tmp_path, "raw/a.csv")
    (tmp_path / "raw/b.csv").symlink_to("a.csv")
    content = b"1,2\n"
    digest = hashlib.md5(content).hexdigest()
    cached = tmp_path / "cache/files/md5" / digest[:2] / digest[2:]
    cached.parent.mkdir(parents=True)
    cached.write_bytes(content)
    (tmp_path / "raw/c.csv").symlink_to(cached)
    assert list(discover(tmp_path / "raw").files) == ["a.csv", "b.csv", "c.csv"]

    cached.write_bytes(b"another content under the same name")
    with pytest.raises(InputError, match=r"'c\.csv' is a link to a file outside the raw folder"):
        discover(tmp_path / "raw")


def test_a_fifo_is_named_before_dvc_would_wait_on_it(tmp_path: Path) -> None:
    fill(tmp_path, "raw/a.csv")
    assert main([str(tmp_path / "raw"), str(tmp_path / "none")]) == 0
    make_fifo(tmp_path / "raw/pipe")
    command = [sys.executable, "-m", "hallmark.formats.folders", str(tmp_path / "raw")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "'pipe' is a FIFO" in done.stderr
