"""What a reviewer sees in MLflow, in a real browser."""

from pathlib import Path

import pytest
import small_task
from mlflow_pages import BROWSER, review
from published_task import publish_small, store_in

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
