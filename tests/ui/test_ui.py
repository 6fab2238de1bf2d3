"""What a reviewer sees in MLflow, in a real browser."""

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
import small_task
from mlflow_pages import BROWSER, dom, review, serving
from published_task import publish_small, store_in, two_versions

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is found"),
]


def test_a_reviewer_finds_description_figure_drift_report_and_version(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path, small_task.stricter(accuracy=0.92))
    publish_small(store)
    review(store.uri, "small", tmp_path)


def test_two_versions_stand_side_by_side_and_tables_are_tables(tmp_path: Path) -> None:
    store = two_versions(tmp_path)
    runs = {str(each.version): each.run_id for each in store.client.search_model_versions("name = 'small'")}
    experiment = store.client.get_run(runs["1"]).info.experiment_id
    logged = store.client.search_logged_models([experiment])

    with serving(store.uri, tmp_path / "server.log") as address:
        comparison = f"{address}/#/compare-model-versions?name=%22small%22&runs={quote(json.dumps(runs))}"
        side_by_side = (
            "Comparing 2 Versions",
            "small ffffffff ✓ eligible",
            "small ffffffff ✗ blocked",
            "0.931",
            "0.861",
        )
        models = f"{address}/#/experiments/{experiment}/models?workflowType=machine_learning"
        table = f"{address}/#/experiments/{experiment}/runs/{runs['2']}/artifacts/tables/findings.json"
        expected = {
            comparison: side_by_side,
            models: tuple(model.name for model in logged),
            f"{address}/#/experiments/{experiment}/models/{logged[0].model_id}": (
                "card/worst_group.low",
                "small test",
                "small recent",
            ),
            table: ("View as table", "evaluate.metric", "≥ 0.9"),
        }
        pages = {url: dom(url, tmp_path, *words) for url, words in expected.items()}

    for url, words in expected.items():
        missing = [word for word in words if word not in pages[url]]
        assert not missing, f"{url} does not show {missing}"
    shown_rows = re.findall(r'<tr class="table-row ">.*?</tr>', pages[comparison])  # the page hides what is equal
    cells = [re.findall(r">([^<>]+)<", row) for row in shown_rows]
    assert next(row for row in cells if "/" in row[0]) == ["card/primary_metric", "0.931", "0.861"]
