"""Tables that MLflow shows of the evidence, as `log_table` writes them: findings, groups, and summaries of predictions.

MLflow's page of an artifact shows such a table, and `mlflow.load_table` reads it of many runs at once. No row
shows a single example.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS

from hallmark.contracts import checks, predictions
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.contracts.slices import slice_name
from hallmark.publish.evidence import Evidence
from hallmark.publish.model_card import ORDER, judged_findings

FOLDER = "tables"  # of the run's artifacts
QUANTILES = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}  # no extremes, which are single examples


def build_tables(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Return the tables by their artifact's path in the run."""
    tables = {
        "findings": _findings(judged_findings(evidence)),
        "predictions": _predictions(evidence.predictions),
    }
    if evidence.layout.name_in_reports(evidence.layout.groups) in evidence.files:
        tables["groups"] = pd.read_csv(evidence.layout.groups)
    if evidence.package.labels and "label" in evidence.predictions:
        tables["confusion"] = _confusion(evidence.predictions)
    return {f"{FOLDER}/{name}.json": table for name, table in sorted(tables.items())}


def write_tables(folder: Path, evidence: Evidence) -> dict[str, Path]:
    """Write the tables into `folder`, and return the path of each by its artifact's path in the run.

    The format is that of MLflow's `log_table`, which itself would append to a table that is there.
    """
    paths = {}
    for name, table in build_tables(evidence).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_json(path, orient="split", index=False, date_format="iso")
        paths[name] = path
    return paths


def declare_tables(client: MlflowClient, run_id: str, names: Iterable[str]) -> None:
    """Name the tables in the tag by which MLflow's pages and `mlflow.load_table` find them; others
    that it names stay.
    """
    declared = json.loads(client.get_run(run_id).data.tags.get(MLFLOW_LOGGED_ARTIFACTS, "[]"))
    entries = [{"path": name, "type": "table"} for name in names]
    missing_entries = [entry for entry in entries if entry not in declared]
    if missing_entries:
        client.set_tag(run_id, MLFLOW_LOGGED_ARTIFACTS, json.dumps([*declared, *missing_entries]))


def _findings(all_findings: Iterable[Finding]) -> pd.DataFrame:
    """Return a row for each finding: what it is about, its interval, and its verdict as the gate
    judged it; unmet ones first.
    """
    rows = []
    for finding in sorted(all_findings, key=lambda finding: ORDER[finding.verdict]):
        about = {name: getattr(finding, name) for name in checks.FIELDS}
        rows.append(
            {
                "verdict": finding.verdict,
                "check": finding.check,
                "subject": finding.subject,
                "estimate": finding.estimate,
                "low": finding.low,
                "high": finding.high,
                "n": finding.n,
                "requirement": finding.requirement,
                "reason": finding.reason,
                **about,
                "slice": slice_name(finding.slice) or None,
                "groups": ", ".join(finding.groups) or None,
            }
        )
    return pd.DataFrame(rows)


def _predictions(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each scorer, split and metric that is a mean over rows: how the rows' scores
    are distributed.
    """
    metrics = [name.removeprefix(SCORE) for name in map(str, table.columns) if name.startswith(SCORE)]
    rows = []
    for (scorer, split), part in table.groupby(["scorer", "split"], sort=True, observed=True):
        for metric in metrics:
            scores = part[SCORE + metric].to_numpy(float)
            weights = part[WEIGHT + metric].to_numpy(float)
            counted = scores[np.isfinite(scores) & (weights > 0)]
            if not len(counted):
                continue
            quantiles = dict(zip(QUANTILES, np.quantile(counted, list(QUANTILES.values())), strict=True))
            counts = {"scorer": scorer, "split": split, "metric": metric, "rows": len(counted)}
            rows.append({**counts, "mean": counted.mean(), **quantiles})
    return pd.DataFrame(rows)


def _confusion(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each label and prediction of the model on test: how many rows, and which share
    of the label's.
    """
    cells = predictions.of(table).groupby(["label", "prediction"], sort=True, observed=True).size()
    counted = cells.reset_index(name="rows")
    counted["share_of_label"] = counted["rows"] / counted.groupby("label", observed=True)["rows"].transform("sum")
    return counted
