from hallmark import classification
from hallmark.systems.image import scoring


def test_images_are_scored_as_every_classification() -> None:
    assert scoring.score is classification.score
    assert scoring.fit_postprocess is classification.fit_postprocess
