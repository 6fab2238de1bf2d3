import json
from dataclasses import replace
from pathlib import Path

import pytest

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.evaluate import ledger


def test_distinct_models_are_counted_and_a_rerun_is_not(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / ".state" / "cards" / "test_ledger.jsonl"
    assert [ledger.record_use([path], cards, model) for model in ("one", "two", "one", "three", "two")] == [
        1,
        2,
        1,
        3,
        2,
    ]
    assert len(path.read_text().splitlines()) == 3


def test_a_model_that_two_branches_recorded_counts_once_after_their_merge(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    test = ledger.digest_test_split(cards)
    merged = ("one", "two", "three", "six", "five", "five", "six")
    path.write_text("".join(json.dumps({"test": test, "model": model}) + "\n" for model in merged))
    numbers = {
        model: ledger.record_use([path], cards, model) for model in ("new", "one", "three", "six", "five", "new")
    }
    assert numbers == {"one": 1, "three": 3, "six": 4, "five": 5, "new": 6}


def test_another_test_split_starts_anew(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    changed = replace(cards, table=cards.table.assign(fingerprint="other"))
    assert ledger.record_use([path], cards, "p") == 1
    assert ledger.record_use([path], changed, "q") == 1  # another model: the other split's one doesn't count here
    assert ledger.record_use([path], changed, "p") == 2
    assert ledger.record_use([path], cards, "q") == 2


def test_the_digest_is_of_the_test_split_alone_and_not_of_its_order(cards: Examples) -> None:
    digest = ledger.digest_test_split(cards)
    assert digest == ledger.digest_test_split(replace(cards, table=cards.table.iloc[::-1]))
    trained = cards.table["split"] == "train"
    assert digest == ledger.digest_test_split(replace(cards, table=cards.table[~trained]))
    assert digest != ledger.digest_test_split(replace(cards, table=cards.table.iloc[:600]))


def test_an_entry_after_a_line_without_newline_has_a_line_of_its_own(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger.record_use([path], cards, "one")
    path.write_text(path.read_text().removesuffix("\n"))
    assert [ledger.record_use([path], cards, model) for model in ("two", "three", "one")] == [2, 3, 1]
    assert [json.loads(line)["model"] for line in path.read_text().splitlines()] == ["one", "two", "three"]

    path.write_text("")
    assert ledger.record_use([path], cards, "one") == 1
    assert path.read_text().startswith("{")


@pytest.mark.parametrize(
    ("damage", "quoted"),
    [
        (b'{"test": "x"', """'{"test": "x"'"""),
        (b'{"test": "x"}', """'{"test": "x"}'"""),
        (b"[1]", "'[1]'"),
        (b"\xff", "'\ufffd'"),
        (b"\x00\x00\x00\xff", "'\\x00\\x00\\x00\ufffd'"),
    ],
)
def test_a_damaged_ledger_is_named(cards: Examples, tmp_path: Path, damage: bytes, quoted: str) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger.record_use([path], cards, "one")
    content = path.read_bytes() + damage + b"\n"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        ledger.record_use([path], cards, "two")
    assert str(raised.value) == (
        f"{path} must have an entry with the keys 'test' and 'model' on each line, and line 2 is {quoted}: "
        "restore the file from git, or mend these lines"
    )
    assert path.read_bytes() == content


def test_all_damaged_lines_are_named_at_once(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger.record_use([path], cards, "one")
    path.write_text(f"<<<<<<< HEAD\n{path.read_text()}=======\n>>>>>>> other\nx\ny\n")
    with pytest.raises(InputError, match=r"line 1 is '<{7} HEAD'; line 3 is '={7}'; line 4 is .* \(and 2 more\): "):
        ledger.record_use([path], cards, "two")


@pytest.mark.parametrize(("count", "said"), [(1, "1 distinct model has"), (3, "3 distinct models have")])
def test_the_count_is_a_finding(count: int, said: str) -> None:
    found = ledger.use_finding(count, 40)
    assert (found.check, found.question, found.n) == ("evaluate.test_use", 5, 40)
    assert found.estimate == found.low == found.high == count and said in found.reason
