"""Labels, groups and columns with any characters, from the raw file to the published version, by real commands."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from project import Project

pytestmark = pytest.mark.pipeline

LABELS = {"<=50K": "<=50K", ">50K": "repaid (on time) | `$5% to $10%` & <b>=1+1</b>"}
GROUPS = [
    "$",
    "$$",
    "$5% to $10%",
    ">50K",
    "repaid (on time)",
    "=1+1",
    "@SUM(1)",
    "-2+3",
    "+1",
    "😀 👩‍🚀",
    'it\'s "quoted"',
    "a/b\\c",
    "line\nbreak",
    "tab\there",
    "[bold]x[/bold]",
    "<script>alert(1)</script>",
    "| a | b |",
    "dark \x1b[31mred",
    "left \u202eto right",
    "{{ 1 }} ${task} %s",
    "'",
    "x" * 300,
]
TASK = {
    "about": {"title": "T | `x` <b>", "purpose": "P.", "out_of_scope": "O."},
    "prepare": {
        "reading": {
            "file": "cases.parquet",
            "columns": {"id": "id", "entity": "client", "label": "income, $"},
            "labels": LABELS,
            "numeric": ["amount (€)", "age/years"],
            "groups": {"price $ level": {}},
            "source": {"title": "t", "entity": "client"},
        },
        "split": {"method": "entity", "fractions": {"train": 0.5, "validation": 0.15, "test": 0.25, "recent": 0.1}},
    },
    "validate": {"minimum_per_group": 1, "minimum_per_class": 1},
    "decision": {
        "positive": LABELS[">50K"],
        "matrix": {LABELS[">50K"]: {LABELS["<=50K"]: 5.0}, LABELS["<=50K"]: {LABELS[">50K"]: 1.0}},
        "unit": "calls",
    },
    "train": {"epochs": 2, "batch_size": 32},
    "evaluate": {"primary_metric": "roc_auc"},
    "bias": {"groups": ["price $ level"]},
}


def table(rows: int = 2640) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    amount = generator.gamma(2, 100, rows)

    return pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(rows)],
            "client": [f"c{row // 2}" for row in range(rows)],
            "amount (€)": amount.round(2),
            "age/years": generator.integers(18, 80, rows),
            "price $ level": [GROUPS[row // 2 % len(GROUPS)] for row in range(rows)],
            "income, $": np.where(amount + generator.normal(0, 60, rows) > 190, ">50K", "<=50K"),
        }
    )


def test_any_characters_go_through_to_the_published_version(project: Project) -> None:
    raw = project.folder / "data/raw/income"
    raw.mkdir(parents=True)
    table().to_parquet(raw / "cases.parquet", index=False)  # which holds a line break, as a CSV file may not
    text = yaml.safe_dump(TASK, allow_unicode=True, sort_keys=False)
    (project.folder / "conf/task/income.yaml").write_text(f"# @package _global_\n{text}", encoding="utf-8")
    project.edit("conf/tasks.yaml", **{"tasks.income": {"system": "table"}})

    done = project.repro("publish@income")
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "Traceback" not in output
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output))

    reports = project.folder / "reports/income"
    members = {row["member"] for row in rows(reports / "bias/groups.csv")}
    assert {f"price $ level={value}" for value in GROUPS} <= members
    assert (reports / "bias/figures/specificity_gap.png").read_bytes().startswith(b"\x89PNG")
    published = project.json("reports/income/publish/version.json")
    assert published["model"] == "income"
    card = (reports / "publish/card.md").read_text(encoding="utf-8")
    assert "<b>" not in card
    assert "<script>" not in card
    assert "\x1b" not in card


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
