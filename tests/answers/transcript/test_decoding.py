from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallmark.answers.transcript import decoding as ctc
from hallmark.systems.speech.reading.transcripts import lexicon

ALPHABET = "ab "
CURVE = {"slope": -1.0, "intercept": 0.5}


def _outputs(*paths: str, sure: float = 8.0) -> dict[str, np.ndarray]:
    """Logits that spell each path frame by frame; "-" is the blank."""
    longest = max(map(len, paths))
    logits = np.zeros((len(paths), longest, 1 + len(ALPHABET)), np.float32)
    for row, path in enumerate(paths):
        for frame, letter in enumerate(path):
            logits[row, frame, 1 + ALPHABET.index(letter) if letter != "-" else 0] = sure
    return {"logits": logits, "frames": np.array([len(path) for path in paths], np.float32)}


def _collapse(path: tuple[int, ...]) -> str:
    kept = [one for one, before in zip(path, (0, *path[:-1]), strict=True) if one and one != before]
    return "".join(ALPHABET[one - 1] for one in kept)


@pytest.mark.parametrize(
    ("path", "text"),
    [("aa-b", "ab"), ("a-aab", "aab"), ("----", ""), ("-a--  -b-", "a b"), (" a  b ", "a b"), ("bb", "b")],
)
def test_blanks_and_repeats_are_left_out(path: str, text: str) -> None:
    assert ctc.decode(_outputs(path), ALPHABET, None)[0].tolist() == [text]


def test_frames_beyond_the_end_say_nothing() -> None:
    outputs = _outputs("ab", "abab")
    outputs["logits"][0, 2:] = np.nan
    texts, log_nll = ctc.decode(outputs, ALPHABET, None)
    assert texts.tolist() == ["ab", "abab"]
    assert log_nll[0] == pytest.approx(ctc.decode(_outputs("ab"), ALPHABET, None)[1][0])


def test_log_nll_by_hand() -> None:
    frame = -np.log(np.exp(2.0) / (np.exp(2.0) + 3))  # one logit of 2 among four
    log_nll = ctc.decode(_outputs("ab", sure=2.0), ALPHABET, None)[1]
    assert log_nll == pytest.approx([np.log(2 * frame)])


def test_a_logit_that_is_not_finite_is_named() -> None:
    outputs = _outputs("ab", "ba")
    outputs["logits"][1, 1, 0] = np.inf
    with pytest.raises(ValueError, match="logits of row 1 must be finite"):
        ctc.decode(outputs, ALPHABET, None)


@pytest.mark.parametrize("words", [None, lexicon(["ab a", "b"])])
def test_answers_hold_what_numbers_lists(words: dict[str, Any] | None) -> None:
    postprocess = {"alphabet": ALPHABET, "lexicon": words, **CURVE}
    table = ctc.answer(_outputs("a-b", "b"), postprocess)
    assert list(table.columns) == ["prediction", *ctc.numbers(postprocess)]
    assert table["prediction"].tolist() == ["ab", "b"]
    assert table["probability"].to_numpy() == pytest.approx(1 / (1 + np.exp(table["log_nll"] - 0.5)))


def test_no_rows_give_no_answers() -> None:
    empty = {"logits": np.zeros((0, 5, 4), np.float32), "frames": np.zeros(0, np.float32)}
    assert len(ctc.answer(empty, {"alphabet": ALPHABET, "lexicon": lexicon(["a"]), **CURVE})) == 0


def _likelier(scores: np.ndarray, words: dict[str, Any]) -> tuple[str, float]:
    """The best text of the lexicon by trying every path: log P(path) plus the words' log P."""
    number, follows = {word: index for index, word in enumerate(words["words"])}, np.array(words["follows"])
    best = ("", -np.inf)
    for path in product(range(scores.shape[1]), repeat=len(scores)):
        said = [number.get(word, -1) for word in _collapse(path).split(" ")]
        if min(said) >= 0:
            liked = follows[[0, *(word + 1 for word in said)], [*said, -1]].sum()
            total = scores[np.arange(len(path)), list(path)].sum() + liked
            best = max(best, (_collapse(path), float(total)), key=lambda one: one[1])
    return best


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([0.5, 3.0, 12.0]), frames=st.integers(3, 6))
def test_the_answer_is_the_best_of_all_paths_through_the_lexicon(seed: int, scale: float, frames: int) -> None:
    words = lexicon(["ab a", "aa ab", "b", "a"])
    logits = np.random.default_rng(seed).normal(size=(1, 6, 4)).astype(np.float32) * scale
    outputs = {"logits": logits, "frames": np.array([frames], np.float32)}
    scores = logits[0, :frames].astype(float)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    assert ctc.decode(outputs, ALPHABET, words)[0].tolist() == [_likelier(scores, words)[0]]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_an_answer_does_not_depend_on_its_neighbours(seed: int) -> None:
    generator, words = np.random.default_rng(seed), lexicon(["ab a", "aa b", "b"])
    outputs = {
        "logits": generator.normal(size=(70, 7, 4)).astype(np.float32) * 4,
        "frames": generator.integers(1, 8, 70).astype(np.float32),
    }
    texts, log_nll = ctc.decode(outputs, ALPHABET, words)
    for row in (0, 33, 69):
        text, own = ctc.decode({name: array[row : row + 1] for name, array in outputs.items()}, ALPHABET, words)
        assert (text[0], own[0]) == (texts[row], pytest.approx(log_nll[row]))


def test_without_a_space_in_the_alphabet_words_are_joined() -> None:
    outputs = {"logits": _outputs("a--b")["logits"][:, :, :3], "frames": np.array([4.0])}
    for words in (None, lexicon(["a", "b"])):
        assert ctc.decode(outputs, "ab", words)[0].tolist() == ["ab"]
