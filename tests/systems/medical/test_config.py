import inspect

from hallmark.systems.medical import config
from hallmark.systems.medical.reading import clinical


def test_every_clinical_key_is_a_keyword_argument() -> None:
    assert ["table", *config.Clinical.model_fields] == list(inspect.signature(clinical.encode).parameters)
