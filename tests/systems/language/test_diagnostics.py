"""What the language model writes after prompts: generation, copies of training texts, and their report."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from known import known
from tokenizers import Tokenizer

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.systems.language import config, diagnostics, reading
from hallmark.systems.language.diagnostics.generation import generate_tokens
from hallmark.systems.language.diagnostics.memorisation import count_copied_spans
from hallmark.systems.language.diagnostics.samples import Sample, _choose_prompts
from hallmark.systems.system import DiagnosticData

KEYS: dict[str, Any] = {"samples": 2, "prompt": 4, "tokens": 10, "temperatures": [0.5, 1.0], "span": 8}


def _always(probability: np.ndarray) -> Predict:
    logits = np.log(probability)
    return lambda examples: {"logits": np.tile(logits, (len(examples), 1)).astype(np.float32)}


def _parrot(examples: Examples) -> dict[str, np.ndarray]:
    """Answers with the token after the last one's number."""
    last = examples.arrays["tokens"][np.arange(len(examples)), examples.arrays["length"] - 1]
    return {"logits": np.where(np.arange(301) == (last[:, None] + 1), 50.0, 0.0)}


def test_each_token_follows_those_before_it(windows: Examples) -> None:
    prompts = windows.split("test").take(np.array([0, 1]))
    found = generate_tokens(prompts, _parrot, prompt_length=4, max_tokens=3, temperatures=np.ones(2), seed=1)
    last = prompts.arrays["tokens"][:, 3]
    assert found == [[token + 1, token + 2, token + 3] for token in last]


def test_tokens_come_as_often_as_is_said_and_cooler_ones_oftener(windows: Examples) -> None:
    probability = np.full(301, 1e-9)
    probability[:2] = 0.8, 0.2
    prompts = windows.take(np.zeros(3000, int))
    temperatures = np.repeat([1.0, 0.5], 1500)
    found = np.array(
        generate_tokens(prompts, _always(probability), prompt_length=2, max_tokens=1, temperatures=temperatures, seed=3)
    )

    assert (found[:1500] == 0).mean() == pytest.approx(0.8, abs=0.03)
    assert (found[1500:] == 0).mean() == pytest.approx(0.64 / 0.68, abs=0.02)


def test_nothing_follows_the_end_of_a_document(windows: Examples) -> None:
    end = np.full(301, 1e-9)
    end[-1] = 1.0
    prompts = windows.take(np.array([0, 1]))
    assert generate_tokens(prompts, _always(end), prompt_length=3, max_tokens=5, temperatures=np.ones(2), seed=1) == [
        [],
        [],
    ]


def test_the_prompt_alone_is_seen_and_the_examples_stay_as_they_are(windows: Examples) -> None:
    prompts = windows.take(np.array([0]))
    seen = []

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        seen.append((examples.arrays["tokens"][0].tolist(), int(examples.arrays["length"][0])))
        return {"logits": np.eye(301)[[7]] * 99}

    before = prompts.arrays["tokens"].copy()
    generate_tokens(prompts, predict, prompt_length=3, max_tokens=2, temperatures=np.ones(1), seed=1)
    start = before[0, :3].tolist()
    assert seen == [([*start, *[300] * 13], 3), ([*start, 7, *[300] * 12], 4)]
    assert (prompts.arrays["tokens"] == before).all()


def test_a_window_must_have_room(windows: Examples) -> None:
    with pytest.raises(InputError, match="prompt and tokens are 10 and 7: a window has room for 16 together"):
        generate_tokens(windows, _parrot, prompt_length=10, max_tokens=7, temperatures=np.ones(len(windows)), seed=1)


def test_prompts_are_beginnings_of_documents_even_where_windows_overlap_by_one_token(documents: Examples) -> None:
    windows = reading.encode(replace(documents, encoding={**documents.encoding, "overlap": 1})).split("test")
    assert (windows.arrays["target.start"] == 1).all()
    prompts = _choose_prompts(windows, 100, min_tokens=16, seed=1)
    assert prompts.table["id"].tolist() == [f"{entity}:0" for entity in prompts.table["entity"]]
    assert len(prompts) == windows.table["entity"].nunique() == 2


def test_copies_are_counted_span_by_span() -> None:
    hits, sizes = count_copied_spans(["abcdef", "xbcdx", "ab"], ["__abcd__", "def"], span=3)
    assert hits.tolist() == [3, 1, 0]  # abc, bcd, def; bcd
    assert sizes.tolist() == [4, 3, 0]


@given(st.text("ab", max_size=30), st.text("ab", max_size=30), st.integers(1, 5))
def test_copies_are_what_a_plain_search_finds(text: str, training: str, span: int) -> None:
    hits, _ = count_copied_spans([text], [training], span=span)
    assert hits[0] == sum(text[at : at + span] in training for at in range(len(text) - span + 1))


def _sample(real: str, written: Mapping[float, str]) -> Sample:
    return Sample("doc", "", real, written)


def test_a_model_that_copies_is_told_from_one_that_writes() -> None:
    training = ["the quick brown fox jumps over the lazy dog again and again"]
    fresh = ["a text of its own, number " + "ninety" * n for n in range(2, 8)]
    made = [_sample(text, {0.5: training[0][n : n + 30], 1.0: text[::-1]}) for n, text in enumerate(fresh)]

    found = {finding.subject: finding for finding in diagnostics.memorisation_findings(made, training, span=10)}

    assert list(found) == [
        "temperature 0.5", "temperature 1", "held-out text",
        "temperature 0.5 over held-out text", "temperature 1 over held-out text",
    ]  # fmt: skip
    assert found["temperature 0.5"].estimate == 1
    assert found["temperature 1"].estimate == found["held-out text"].estimate == 0

    excess = found["temperature 0.5 over held-out text"]
    assert (excess.check, excess.question, excess.n) == ("evaluate.memorisation_excess", 7, 6)
    assert known(excess.low) > 0.3
    same = found["temperature 1 over held-out text"]
    assert known(same.low) <= 0 <= known(same.high)


def test_texts_too_short_for_a_span_are_no_evidence() -> None:
    found = diagnostics.memorisation_findings([_sample("ab", {1.0: ""})], ["abc"], span=3)
    assert [finding.estimate for finding in found] == [None, None, None]


@pytest.fixture
def data(windows: Examples) -> DiagnosticData:
    parts = {split: windows.split(split) for split in ("train", "validation", "test")}
    return DiagnosticData(parts, {"model": _parrot}, {}, {}, pd.DataFrame(), 3)


def test_the_diagnostics_write_after_prompts_of_test_documents(data: DiagnosticData, windows: Examples) -> None:
    diagnosis = diagnostics.diagnose(data, config.Diagnostics(**KEYS))

    assert [finding.check for finding in diagnosis.findings] == [
        *["evaluate.memorisation"] * 3,
        *["evaluate.memorisation_excess"] * 2,
        *["evaluate.generated"] * 2,
    ]
    (figure,) = diagnosis.figures
    assert (figure.name, figure.question, figure.shows_examples) == ("generated_examples", 3, True)
    assert [axes.get_title(loc="left").rpartition(", ")[2] for axes in figure.drawing.axes] == [
        "the real text", "temperature 0.5", "temperature 1",
    ] * 2  # fmt: skip

    tokenizer = Tokenizer.from_str(windows.encoding["tokenizer"])
    documents = {name.split("/")[1][:7] for name in data.examples["test"].table["entity"]}
    assert len(documents) == 2
    prompt = tokenizer.decode(data.examples["test"].arrays["tokens"][0, 1:4].tolist())
    assert any(prompt.strip() in "".join(text.get_text() for text in axes.texts) for axes in figure.drawing.axes)


def test_the_card_quotes_what_was_written() -> None:
    quotes = diagnostics._quote(Sample("doc", "Returns\n  the", "x", {0.5: "shape of " + "it " * 200, 1.0: ""}))
    assert quotes[0].reason.startswith("After “Returns the” the model writes: “shape of it it")
    assert len(quotes[0].reason) < 300
    assert (quotes[1].subject, quotes[1].question) == ("temperature 1", 3)


def test_the_training_text_is_put_together_from_its_windows(data: DiagnosticData, documents: Examples) -> None:
    assert (
        diagnostics._training_texts(data.examples["train"])
        == documents.table.loc[documents.table["split"] == "train", "text"].tolist()
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tokens": 20}, "are 24 together, but no test document has so many in a window"),
    ],
)
def test_keys_that_make_no_sense_are_refused(data: DiagnosticData, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        diagnostics.diagnose(data, config.Diagnostics(**{**KEYS, **changed}))


def test_real_text_of_the_training_documents_is_found_there(data: DiagnosticData) -> None:
    train = data.examples["train"]
    same = replace(data, examples={**data.examples, "test": train})
    found = {
        finding.subject: finding for finding in diagnostics.diagnose(same, config.Diagnostics(**KEYS)).findings[:5]
    }
    assert found["held-out text"].estimate == 1
