import os
import subprocess
import sys
from pathlib import Path

import pytest
from imports import ROOT

SCRIPT = """
import os, sys
if __name__ == "__main__":
    from hallmark import hash_seed
    hash_seed.fix()
    print(os.getpid(), hash("a text"), sys.argv[1:], __spec__ is not None)
"""


@pytest.mark.parametrize("seed", [None, "0", "77", "random"])
def test_hashes_are_the_same_in_every_process(tmp_path: Path, seed: str | None) -> None:
    """The process starts anew with its own words, as a module too, and keeps its id."""
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    if seed is not None:
        environment["PYTHONHASHSEED"] = seed
    command = [sys.executable, "-m", "script", "one word", "two"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 0

    fixed = {"PYTHONHASHSEED": "0", "PATH": os.environ["PATH"]}
    expected = subprocess.run(
        [sys.executable, "-c", "print(hash('a text'))"], env=fixed, capture_output=True, text=True, check=True
    )
    assert shown == f"{process.pid} {expected.stdout.strip()} ['one word', 'two'] True\n"
