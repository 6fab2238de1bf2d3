"""A person's own reader: what it returns is read as Parquet, and each mistake is one sentence."""

from pathlib import Path

import pandas as pd
import pytest

from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.layout import Layout
from hallmark.prepare.own_reader import readable_folder

CODE = """
import pandas as pd


def read_lines(folder, *, separator):
    lines = (folder / "log").read_text().split()
    return pd.DataFrame([line.split(separator) for line in lines], columns=["who", "what"])


def read_two(folder):
    return {"users": pd.DataFrame({"user": [2**53 + 1]}), "items": pd.DataFrame({"item": ["a"]})}


def read_number(folder):
    return 3


def read_nothing(folder):
    return {}


def read_elsewhere(folder):
    return {"../users": pd.DataFrame({"user": [1]})}


def read_mixture(folder):
    return pd.DataFrame({"a": [1, "b"]})


def fail(folder):
    return [1, 2][3]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "extensions/robots").mkdir(parents=True)
    (tmp_path / "extensions/robots/logs.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/log").write_text("ada:left bob:right", encoding="utf-8")
    return tmp_path


def read(project: Path, name: str, **arguments: object) -> Path:
    section = {"_target_": f"extensions.robots.logs.{name}", **arguments}
    return readable_folder(project / "raw", section, task="robots", written=project / "written", project=project)


def test_without_a_reader_the_raw_folder_is_read(project: Path) -> None:
    raw = project / "raw"
    assert readable_folder(raw, None, task="robots", written=project / "written") == raw
    assert not (project / "written").exists()


def test_one_frame_becomes_rows(project: Path) -> None:
    folder = read(project, "read_lines", separator=":")
    assert [path.name for path in folder.iterdir()] == ["rows.parquet"]
    assert pd.read_parquet(folder / "rows.parquet").to_dict("list") == {
        "who": ["ada", "bob"],
        "what": ["left", "right"],
    }


def test_what_the_raw_data_says_of_itself_still_counts(project: Path) -> None:
    (project / "raw/source.json").write_text('{"title": "Robots", "simulated": true}', encoding="utf-8")
    source = Source.of(read(project, "read_lines", separator=":"), None)
    assert (source.title, source.simulated) == ("Robots", True)


def test_data_that_says_nothing_of_itself_is_called_as_its_raw_folder(tmp_path: Path) -> None:
    layout = Layout("robots", root=tmp_path)
    assert Source.of(layout.own_reading, None) == Source.of(layout.raw, None)


def test_several_frames_become_files_of_their_names_and_ids_stay_whole(project: Path) -> None:
    read(project, "read_lines", separator=":")
    folder = read(project, "read_two")
    assert sorted(path.name for path in folder.iterdir()) == ["items.parquet", "users.parquet"]
    assert pd.read_parquet(folder / "users.parquet")["user"].tolist() == [2**53 + 1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("read_number", "returned a int: it must be a DataFrame"),
        ("read_nothing", "returned a dict: it must be a DataFrame"),
        ("read_elsewhere", r"returned a table '../users': its name must be letters"),
        ("read_mixture", "returned a table 'rows' that Parquet can't hold"),
        ("fail", r"IndexError: list index out of range \(logs.py, line 31\)"),
        ("read_lines", "lacks what extensions.robots.logs.read_lines needs: separator"),
        ("read_things", "extensions/robots/logs.py has no read_things"),
    ],
)
def test_what_goes_wrong_is_one_sentence(project: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(project, name)
