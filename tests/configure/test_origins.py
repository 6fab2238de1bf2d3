"""The file that a sentence about a mistake names is the one that sets the key to this value."""

import re
import shutil
from pathlib import Path

import pytest

from hallmark.config.mistakes import Mistake
from hallmark.configure.composition import compose_task
from hallmark.configure.origins import Origins
from hallmark.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
OWN_FILE = "conf/task/own.yaml"


def origins(folder: Path, text: str) -> Origins:
    """Return the origins of a task `own` whose only file has this text."""
    path = folder / OWN_FILE
    path.parent.mkdir(parents=True)
    path.write_text(f"# @package _global_\n{text}\n", encoding="utf-8")
    return Origins(folder / "conf", "own", "table")


@pytest.mark.parametrize("text", [".nan", ".inf", "-.inf", ".NaN"])
def test_a_number_that_is_not_finite_is_found_in_its_file(tmp_path: Path, text: str) -> None:
    number = float(text.replace(".", ""))
    own = origins(tmp_path, f"gate: {{at_least: {text}, edges: [1, {text}], matrix: {{a: {{b: {text}}}}}}}")
    composed = {"gate": {"at_least": number, "edges": [1, number], "matrix": {"a": {"b": number}}}}
    for key in ("gate.at_least", "gate.edges[1]", "gate.matrix.a.b", "gate.matrix", "gate"):
        assert own.stating_file(Mistake(key, "is wrong"), composed) == OWN_FILE


def test_another_number_than_nan_is_not_taken_for_it(tmp_path: Path) -> None:
    own = origins(tmp_path, "gate: {at_least: .nan, text: nan}")
    assert own.stating_file(Mistake("gate.at_least", "is wrong"), {"gate": {"at_least": 0.5}}) == "conf/"
    assert own.stating_file(Mistake("gate.text", "is wrong"), {"gate": {"text": float("nan")}}) == "conf/"


def test_nan_in_a_task_s_file_is_refused_with_that_file(tmp_path: Path) -> None:
    conf = Path(shutil.copytree(CONF, tmp_path / "conf"))
    path = conf / "task/fraud.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("metric: calibration_error, at_most: 0.01", "metric: calibration_error, at_most: .nan")
    text = text.replace("genuine: {fraud: 4.0}", "genuine: {fraud: .nan}").replace(
        "edges: [35, 55]", "edges: [.nan, 55]"
    )
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError) as refused:
        compose_task(conf, "fraud", system="table")
    keys = (
        "prepare.reading.bands.age.edges[0]",
        "decision.matrix.genuine.fraud",
        "gate.requirements.calibration.at_most",
    )
    for key in keys:
        assert re.search(rf"{re.escape(key)} in conf/task/fraud.yaml is nan: it must be ", str(refused.value))
