"""Evidently's components in `drift`, as docs/drift.md shows them, are checked before anything runs."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from hallmark import digests
from hallmark.config import Parameters
from hallmark.configure.composition import compose_task
from hallmark.errors import InputError

ROOT = Path(__file__).parents[2]
OWN = """
from evidently.core.metric_types import SingleValueMetric


class ShareBelow(SingleValueMetric):
    column: str
    bound: float
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    (tmp_path / "extensions/fraud").mkdir(parents=True)
    (tmp_path / "extensions/fraud/shares.py").write_text(OWN, encoding="utf-8")
    return tmp_path


def composed(project: Path, drift: str, *overrides: str) -> Parameters:
    """Compose the task `fraud` with keys of its section `drift`, as a person writes them."""
    path = project / "conf/task/fraud.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^drift:\n.*\n", drift, text, flags=re.MULTILINE), encoding="utf-8")
    return compose_task(project / "conf", "fraud", system="table", overrides=overrides)


def test_the_example_of_the_page_composes(project: Path) -> None:
    page = (ROOT / "docs/drift.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^    drift:\n(?:      .*\n)+", page, re.MULTILINE)
    parameters = composed(project, re.sub(r"^    ", "", example, flags=re.MULTILINE))
    drift = parameters.drift
    assert list(drift.metrics) == ["usual_amount", "complete", "dark"]
    stated = yaml.safe_load(example)["drift"]
    assert drift.model_dump()["metrics"] == stated["metrics"]
    assert drift.model_dump()["descriptors"] == stated["descriptors"]
    own_file = digests.file(project / "extensions/fraud/shares.py")
    assert parameters.extensions.drift == digests.combine({"shares.py": own_file})  # so that DVC sees an edit


def test_an_option_of_the_group_changes_what_alarms(project: Path) -> None:
    drift = compose_task(project / "conf", "image", system="image", overrides=["drift=sensitive"]).drift
    assert (drift.min_effect_size, drift.max_rows) == (0.1, 50_000)


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ("{_target_: evidently.metrics.MeanValu, column: label}", "evidently.metrics has no MeanValu"),
        ("{_target_: evidently.metrics.MeanValue, colum: label}", "colum in conf/task/fraud.yaml is no argument of"),
        ("{_target_: torch.nn.Linear}", "is a class: it must be a subclass of evidently.core.metric_types.Metric"),
        ("{_target_: os.system, command: ls}", "it must be a dotted name in one of torch,"),
        ("{_target_: extensions.image.shares.ShareBelow}", "it must be extensions.fraud.<file>.<name>"),
        ("{column: label}", "_target_"),
    ],
)
def test_a_mistake_is_named_with_its_key(project: Path, component: str, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)) as refused:
        composed(project, f"drift:\n  metrics:\n    own: {component}\n")
    assert "drift.metrics.own" in str(refused.value)


def test_a_requirement_names_a_metric_of_the_task(project: Path) -> None:
    metric = "+drift.metrics.ink={_target_: evidently.metrics.MeanValue, column: descriptor.ink}"
    requirement = "+gate.requirements.ink={check: drift.test, case: %s, failed: blocked}"

    def compose(case: str) -> Parameters:
        return compose_task(project / "conf", "image", system="image", overrides=[metric, requirement % case])

    assert compose("ink").gate.requirements["ink"].case == "ink"
    with pytest.raises(InputError, match=r"gate\.requirements\.ink.* did you mean ink\?"):
        compose("inkk")


def test_a_task_switches_off_what_its_system_has(project: Path) -> None:
    overrides = ["drift.descriptors.sentences=null"]
    drift = compose_task(project / "conf", "language", system="language", overrides=overrides).drift
    assert drift.descriptors["sentences"] is None
    assert drift.descriptors["text_length"] is not None
