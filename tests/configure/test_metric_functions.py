"""Functions of a task are checked before anything runs, and pinned by their file's digest."""

import re
import shutil
from pathlib import Path

import pytest

from hallmark import digests
from hallmark.config import Parameters
from hallmark.configure.composition import compose_task
from hallmark.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
CODE = "def balanced_accuracy(rows):\n    return 0.5\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    shutil.copytree(CONF, tmp_path / "conf")
    (tmp_path / "extensions/image").mkdir(parents=True)
    (tmp_path / "extensions/image/own.py").write_text(CODE, encoding="utf-8")
    return tmp_path / "conf"


def composed(conf: Path, name: str = "balanced_accuracy", *further: str, **keys: str) -> Parameters:
    values = {"function": "extensions.image.own.balanced_accuracy", "direction": "higher", "support": "share"} | keys
    text = ", ".join(f"{key}: {value}" for key, value in values.items())
    return compose_task(conf, "image", system="image", overrides=[f"+evaluate.functions.{name}={{{text}}}", *further])


def test_the_digest_of_its_file_stands_in_the_parameters(conf: Path) -> None:
    own_files = composed(conf).extensions
    assert own_files.train == ""
    assert own_files.evaluate == digests.combine({"own.py": digests.file(conf.parent / "extensions/image/own.py")})


def test_a_requirement_may_name_it(conf: Path) -> None:
    requirement = "+gate.requirements.own={check: evaluate.metric, metric: %s, at_least: 0.5}"
    assert "own" in composed(conf, "balanced_accuracy", requirement % "balanced_accuracy").gate.requirements
    with pytest.raises(InputError, match="'balanced_acuracy', which the task does not measure there; did you mean"):
        composed(conf, "balanced_accuracy", requirement % "balanced_acuracy")


@pytest.mark.parametrize(
    ("name", "keys", "words"),
    [
        ("own", {"function": "os.path.join"}, "functions.own.function in conf/ is 'os.path.join': it must be"),
        ("own", {"function": "extensions.image.own.other"}, "extensions/image/own.py has no other"),
        ("own", {"support": "shares"}, "functions.own.support in conf/ is 'shares': it must be one of share"),
        ("own", {"direction": "up"}, "functions.own.direction in conf/ is 'up': it must be one of higher, lower"),
        ("accuracy", {}, "functions.accuracy in conf/ has the name of a metric that there is already"),
    ],
)
def test_what_is_wrong_is_said(conf: Path, name: str, keys: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        composed(conf, name, **keys)
