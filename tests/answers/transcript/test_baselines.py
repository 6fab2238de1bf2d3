import numpy as np
import pandas as pd
import pytest

from hallmark.answers.transcript import decoding
from hallmark.answers.transcript.baselines import (
    MostFrequentTranscript,
    TranscriptClassifier,
    require_two_transcripts,
    spell,
)
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.speech.reading.transcripts import tokens

ALPHABET = "ab "


def examples(*texts: str) -> Examples:
    arrays = {"target.tokens": tokens(np.array(texts, object), ALPHABET)[0]}
    return Examples(pd.DataFrame({"label": texts}), arrays, encoding={"alphabet": ALPHABET})


def decoded(outputs: dict[str, np.ndarray]) -> list[str]:
    return list(decoding.decode(outputs, ALPHABET, None)[0])


def test_spelled_tokens_decode_to_their_text_and_more_confidence_is_less_nll() -> None:
    letters = examples("ab", "aa b", "b").arrays["target.tokens"]
    outputs = spell(letters, np.array([0.1, 0.5, 0.9]), len(ALPHABET))
    texts, log_nll = decoding.decode(outputs, ALPHABET, None)
    assert texts.tolist() == ["ab", "aa b", "b"]
    assert log_nll[0] > log_nll[1] > log_nll[2]


@pytest.mark.parametrize("texts", [("ab", "b"), ("ab", "b", "a a")])
def test_the_classifier_gives_the_transcript_that_its_features_tell(texts: tuple[str, ...]) -> None:
    train = examples(*texts * 20)

    def features(part: Examples) -> np.ndarray:
        codes = part.table["label"].map({text: code for code, text in enumerate(texts)})
        return np.eye(len(texts))[codes.to_numpy(int)]

    classifier = TranscriptClassifier.fit(train, features)
    assert decoded(classifier(train)) == list(texts * 20)
    assert decoded(classifier(train.take(np.arange(0)))) == []


def test_the_rule_gives_the_most_frequent_transcript() -> None:
    rule = MostFrequentTranscript.fit(examples("ab", "b", "b"))
    assert rule.share == pytest.approx(2 / 3)
    assert decoded(rule(examples("a", "a"))) == ["b", "b"]


def test_one_transcript_is_nothing_to_learn_from() -> None:
    with pytest.raises(InputError, match="have the transcript 'ab' only"):
        require_two_transcripts(examples("ab", "ab"))
