import json
from dataclasses import replace
from pathlib import Path

import pytest

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.evaluate import ledger


def test_distinct_models_are_counted_and_a_rerun_is_not(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / ".state" / "cards" / "test_ledger.jsonl"
    assert [ledger.record_use(path, cards, model) for model in ("one", "two", "one", "three", "two")] == [1, 2, 1, 3, 2]
    assert len(path.read_text().splitlines()) == 3


def test_a_model_that_two_branches_recorded_counts_once_after_their_merge(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    test = ledger.digest_test_split(cards)
    merged = ("one", "two", "three", "six", "five", "five", "six")
    path.write_text("".join(json.dumps({"test": test, "model": model}) + "\n" for model in merged))
    numbers = {model: ledger.record_use(path, cards, model) for model in ("new", "one", "three", "six", "five", "new")}
    assert numbers == {"one": 1, "three": 3, "six": 4, "five": 5, "new": 6}


def test_another_test_split_starts_anew(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    changed = replace(cards, table=cards.table.assign(fingerprint="other"))
    assert ledger.record_use(path, cards, "p") == 1
    assert ledger.record_use(path, changed, "q") == 1  # another model: the other split's one doesn't count here
    assert ledger.record_use(path, changed, "p") == 2
    assert ledger.record_use(path, cards, "q") == 2


def test_the_digest_is_of_the_test_split_alone_and_not_of_its_order(cards: Examples) -> None:
    digest = ledger.digest_test_split(cards)
    assert digest == ledger.digest_test_split(replace(cards, table=cards.table.iloc[::-1]))
    trained = cards.table["split"] == "train"
    assert digest == ledger.digest_test_split(replace(cards, table=cards.table[~trained]))
    assert digest != ledger.digest_test_split(replace(cards, table=cards.table.iloc[:600]))


def test_a_damaged_ledger_is_named(cards: Examples, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger.record_use(path, cards, "one")
    with path.open("a") as file:
        file.write('{"test": "x"\n')
    with pytest.raises(InputError, match=r"ledger\.jsonl, line 2, is no entry"):
        ledger.record_use(path, cards, "two")


@pytest.mark.parametrize(("count", "said"), [(1, "1 distinct model has"), (3, "3 distinct models have")])
def test_the_count_is_a_finding(count: int, said: str) -> None:
    found = ledger.use_finding(count, 40)
    assert (found.check, found.question, found.n) == ("evaluate.test_use", 5, 40)
    assert found.estimate == found.low == found.high == count and said in found.reason
