import json
import sys
from pathlib import Path
from typing import Any

import pytest
import raw_data

from hallmark import digests
from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.language import bundled, config

SMALL: dict[str, Any] = {
    "libraries": ["networkx", "pandas"],
    "library_characters": 30_000,
    "document_characters": 4_000,
    "least_characters": 1_000,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    bundled.write(folder, config.Raw(**SMALL), seed=7)
    return folder


def test_modules_become_files_within_the_limits(folder: Path) -> None:
    for library in SMALL["libraries"]:
        texts = [path.read_text(encoding="utf-8") for path in (folder / library).glob("*.txt")]
        assert 7 <= len(texts) <= 30
        assert all(1_000 <= len(text) <= 4_000 for text in texts)
        assert 26_000 < sum(map(len, texts)) <= 30_000
        assert all(text.startswith(f"{library}.") for text in texts)


def test_the_same_text_each_time_and_another_with_another_seed(folder: Path, tmp_path: Path) -> None:
    for name, seed in (("same", 7), ("other", 8)):
        (tmp_path / name).mkdir()
        bundled.write(tmp_path / name, config.Raw(**SMALL), seed=seed)
    assert digests.folder(tmp_path / "same") == digests.folder(folder)
    assert digests.folder(tmp_path / "other") != digests.folder(folder)


def test_nothing_of_the_machine_is_in_the_text(folder: Path) -> None:
    everything = " ".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.*"))
    assert str(Path(sys.prefix)) not in everything
    assert "+cpu" not in everything


def test_the_source_names_versions_and_licences(folder: Path) -> None:
    source = Source(**json.loads((folder / "source.json").read_text(encoding="utf-8")))
    assert "networkx 3" in source.origin
    assert (source.licence, source.simulated, source.entity) == ("BSD-3-Clause", False, "module")


def test_it_is_read_as_a_persons_own_folder(folder: Path, keywords: Any) -> None:
    examples = raw_data.read("language", folder, **keywords(groups={"library": {"column": "folder"}}))
    assert set(examples.table["group.library"]) == set(SMALL["libraries"])
    assert "API documentation of networkx, pandas" in examples.source.title


def test_docstrings_are_taken_once_and_short_ones_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "made_up_library"
    (package / "tests").mkdir(parents=True)
    long = ("Twenty letters here. " * 11).strip()
    (package / "__init__.py").write_text(f'"""{long}"""\ndef f():\n    """Short."""\n', encoding="utf-8")
    (package / "b.py").write_text(
        f'"""{long}"""\nclass A:\n    """A {long}"""\n    def g(self):\n        """G {long}\\ud800"""\n',
        encoding="utf-8",
    )
    (package / "tests" / "c.py").write_text(f'"""C {long}"""', encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    seen: set[str] = set()
    modules = dict(bundled._find_modules("made_up_library", 1))
    assert sorted(modules) == ["made_up_library", "made_up_library.b"]
    first, second = (
        bundled._compose_document(name, modules[name], seen, max_characters=10_000) for name in sorted(modules)
    )
    assert first == f"made_up_library\n\n{long}\n"
    assert second.split("\n")[0] == "made_up_library.b.A"
    assert second.count(long) == 2
    assert "made_up_library.b.A.g" in second
    assert second.endswith("?\n")  # half a surrogate pair is no text
    assert len(bundled._compose_document("m", modules["made_up_library.b"], set(), max_characters=300)) <= 300


def test_a_package_is_taken_rather_than_a_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "made_up_package"
    (package / "a").mkdir(parents=True)
    for path in (package / "__init__.py", package / "a" / "__init__.py", package / "a.py"):
        path.touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = dict(bundled._find_modules("made_up_package", 1))
    assert modules["made_up_package.a"] == package / "a" / "__init__.py"


def test_a_library_may_be_called_as_tests_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "testing_made_up"
    package.mkdir()
    for name in ("__init__.py", "test_a.py", "conftest.py"):
        (package / name).touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert [module for module, _ in bundled._find_modules("testing_made_up", 1)] == ["testing_made_up"]


def test_libraries_that_are_not_installed_are_named_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder beside the program can be imported, but no distribution gives its version.
    (tmp_path / "path" / "beside").mkdir(parents=True)
    (tmp_path / "path" / "beside" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "path"))
    folder = tmp_path / "raw"
    folder.mkdir()

    raw = config.Raw(**{**SMALL, "libraries": ["networkx", "beside", "no_such.part"]})
    with pytest.raises(InputError, match="raw.libraries names 'beside', 'no_such.part', which is no installed package"):
        bundled.write(folder, raw, seed=1)
    assert not list(folder.iterdir())


def test_a_module_in_one_file_is_no_package(tmp_path: Path) -> None:
    raw = config.Raw(**{**SMALL, "libraries": ["networkx", "typing_extensions"]})
    with pytest.raises(InputError, match="raw.libraries names 'typing_extensions', which is no installed package"):
        bundled.write(tmp_path, raw, seed=1)
    assert not list(tmp_path.iterdir())
