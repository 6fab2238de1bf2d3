from hallmark import classification
from hallmark.systems.medical import scoring


def test_findings_are_scored_as_every_classification() -> None:
    assert scoring.fit_postprocess is classification.fit_postprocess
    assert scoring.score is classification.score
