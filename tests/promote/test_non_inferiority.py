"""What is compared, and what is not, without a registry: rows that an encoding makes, and entities in every split."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.answers.next_token import scoring
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding, judge
from hallmark.contracts.training_set import TrainingSet
from hallmark.metrics import Measurement
from hallmark.prepare.fingerprints import fingerprint_rows
from hallmark.promote import non_inferiority
from hallmark.promote.champion_comparison import NotComparableError
from hallmark.systems.language.reading import windows

KEY = "k" * 64
WORDS = ["array", "shape", "returns", "value", "index", "naïve", "数", "(x, y)"]


def documents() -> Examples:
    generator = np.random.default_rng(2)
    texts = [
        " ".join(f"{word} {generator.integers(900_000_000)}" for word in generator.choice(WORDS, 60)) for _ in range(30)
    ]
    table = pd.DataFrame({"id": [f"d{n}" for n in range(30)], "entity": [f"d{n}" for n in range(30)], "text": texts})
    table["split"] = ["train"] * 10 + ["validation"] * 5 + ["test"] * 15
    return Examples(table, {}, encoding={"vocabulary": 280, "context": 16, "overlap": 4})


def encoded(raw: Examples) -> Examples:
    examples = windows.encode(raw)
    return replace(examples, table=examples.table.assign(fingerprint=fingerprint_rows(examples.arrays)))


def uniform(examples: Examples) -> Any:
    """A model that finds each token equally likely."""
    tokens = len(examples.encoding["vocabulary"])

    def run(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        likely = np.full(arrays["tokens"].shape, -np.log(tokens), np.float32)
        return {"log_likelihood": likely, "logits": np.zeros((len(likely), tokens), np.float32)}

    postprocess = {"kind": "likelihood", "temperature": 1.0, "vocabulary": examples.encoding["vocabulary"]}
    about = {"task": "language", "system": "language", "encoding": examples.encoding}
    return SimpleNamespace(run=run, postprocess=postprocess, manifest=about, system="language", labels=())


def measured(ours: Any, theirs: Any, today: Examples, primary_metric: str, again: Examples) -> Finding:
    rows = again.table[again.table["split"].isin(["train", "validation"])]
    return non_inferiority.measure(
        ours,
        theirs,
        TrainingSet.of(rows, key=KEY),
        today,
        non_inferiority.ComparisonSettings(
            scoring=scoring,
            decision=Decision(),
            primary_metric=primary_metric,
            at_least=-0.01,
            split_method="entity",
            seed=1,
        ),
        read_again=lambda _: again,
    )


def test_models_of_other_tokens_are_compared_on_the_same_bytes_of_each_document() -> None:
    raw = documents()
    today = encoded(raw)
    former = encoded(replace(raw, encoding={**raw.encoding, "vocabulary": 266}))
    assert former.arrays["tokens"].shape[1:] == today.arrays["tokens"].shape[1:]
    assert len(today.split("test")) != len(former.split("test"))  # other windows

    bits = {}
    for name, examples in (("ours", today), ("theirs", former)):
        test = examples.split("test")
        tokens = scoring.scored_positions(test).sum()
        bits[name] = tokens * np.log2(len(examples.encoding["vocabulary"])) / test.table["bytes"].sum()

    finding = measured(uniform(today), uniform(former), today, "bits_per_byte", former)
    assert finding.estimate == pytest.approx(bits["theirs"] - bits["ours"], rel=1e-4)  # fewer bits are better
    assert finding.n == 15
    with pytest.raises(NotComparableError, match="perplexity counts other units") as caught:
        measured(uniform(today), uniform(former), today, "perplexity", former)
    assert caught.value.cause == "metric"


def test_a_primary_metric_of_no_single_example_is_not_compared() -> None:
    today = encoded(documents())
    with pytest.raises(NotComparableError, match="return does not come from single examples") as caught:
        measured(uniform(today), uniform(today), today, "return", today)
    assert caught.value.cause == "metric"


@pytest.mark.parametrize(("last_trained", "is_seen"), [(3.0, True), (2.0, False), (1.0, False), (np.nan, True)])
def test_where_each_entity_is_in_every_split_what_came_later_is_unseen(last_trained: float, is_seen: bool) -> None:
    table = pd.DataFrame({"entity": ["u"], "time": [2.0], "split": ["test"], "fingerprint": ["new"]})
    own = pd.DataFrame({"entity": ["u"], "time": [last_trained], "fingerprint": ["old"]})
    taught = TrainingSet.of(own, key=KEY)
    examples = Examples(table, {})

    if is_seen:
        with pytest.raises(NotComparableError, match="of entities that trained it"):
            non_inferiority._require_unseen(taught, examples, "leave_last_out")
    else:
        non_inferiority._require_unseen(taught, examples, "leave_last_out")

    with pytest.raises(NotComparableError):  # under any other split the entity itself is enough
        non_inferiority._require_unseen(taught, examples, "entity")


@pytest.mark.parametrize(
    ("entities", "drop", "least", "most"),
    [
        (200, 0.0, {}, {"fail": 0.025}),  # an equal challenger is hardly ever refused
        (2000, 0.0, {"pass": 0.8}, {"fail": 0.0}),
        (200, 0.02, {"fail": 0.02}, {"pass": 0.02}),  # one worse by twice the margin hardly ever passes
        (2000, 0.02, {"fail": 0.5}, {"pass": 0.0}),
    ],
)
def test_how_often_it_is_wrong(entities: int, drop: float, least: dict[str, float], most: dict[str, float]) -> None:
    generator = np.random.default_rng(5)
    verdicts = [_verdict(entities, drop, generator) for _ in range(300)]
    shares = {name: verdicts.count(name) / len(verdicts) for name in ("pass", "fail", "unresolved")}
    assert all(shares[name] >= bound for name, bound in least.items()), shares
    assert all(shares[name] <= bound for name, bound in most.items()), shares


def _verdict(entities: int, drop: float, generator: np.random.Generator) -> str:
    """Judge a challenger of accuracy 0.97 - drop, which shares 70 % of the mistakes of a champion of 0.97."""
    mistaken = generator.random(entities) < 0.03
    anew = (0.03 + drop - 0.7 * 0.03) / 0.97
    also_mistaken = np.where(mistaken, generator.random(entities) < 0.7, generator.random(entities) < anew)
    theirs, ours = (_scores(wrong) for wrong in (mistaken, also_mistaken))
    first, second = (Measurement(rows, ["accuracy"], positive=None, seed=1) for rows in (ours, theirs))
    difference = first.against(second)["accuracy"]
    finding = Finding.from_interval("promote.champion", difference, metric="accuracy")
    return judge(finding, at_least=-0.01).verdict


def _scores(wrong: np.ndarray) -> pd.DataFrame:
    names = np.arange(len(wrong))
    return pd.DataFrame({"id": names, "entity": names, "score.accuracy": 1.0 - wrong, "weight.accuracy": 1.0})
