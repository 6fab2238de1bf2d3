"""The snapshot of the stage: all parts in one, as JSON that Evidently opens anywhere, by its `Snapshot.load`."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hallmark.drift.evidently_reports import NO_DATE, Part

# Evidently's random ids: a UUID of version 7 or 4, or 32 hexadecimal digits after "metric_".
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_ELEMENT_ID = re.compile(r"(?<=metric_)[0-9a-f]{32}")


def join_parts(
    parts: Sequence[Part], *, name: str, metadata: Mapping[str, str], tags: Sequence[str], window_end: datetime | None
) -> Any:
    """Return one `Snapshot` of all parts, each under its heading.

    Its date is the end of the recent window, or 1970-01-01 where that has no dates. Its ids are
    numbers, so that the same data give the same bytes.
    """
    from evidently.core.report import Snapshot
    from evidently.core.serialization import ReportModel, SnapshotModel
    from evidently.legacy.renderers.html_widgets import text_widget

    models = [part.snapshot.to_snapshot_model() for part in parts]
    widgets: list[Any] = []
    results: dict[Any, Any] = {}
    for part, model in zip(parts, models, strict=True):
        if part.heading:
            widgets += [text_widget(text=f"## {part.heading}\n{part.note}"), *model.widgets]
        results = model.metric_results | results  # of two equal metrics, the earlier one stays
    order = [metric for model in models for metric in model.top_level_metrics]

    joined = SnapshotModel(
        report=ReportModel(items=[]),
        name=name,
        timestamp=window_end or NO_DATE,
        metadata=dict(metadata),
        tags=list(tags),
        metric_results=results,
        top_level_metrics=list(dict.fromkeys(order)),
        widgets=widgets,
        tests_widgets=[widget for model in models for widget in model.tests_widgets],
    )
    return Snapshot.loads(_number_ids(Snapshot.load_model(joined).dumps()))


def to_json(snapshot: Any) -> str:
    return f"{snapshot.dumps()}\n"


def to_html(snapshot: Any) -> str:
    """Return Evidently's page of a snapshot."""
    return _number_ids(snapshot.get_html_str(as_iframe=False))


def _number_ids(text: str) -> str:
    """Replace every random id by a number of the same form, in the order of their appearance."""
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> int:
        return numbers.setdefault(match[0], len(numbers))

    text = _UUID.sub(lambda match: f"00000000-0000-7000-8000-{number(match):012x}", text)
    return _ELEMENT_ID.sub(lambda match: f"{number(match):032x}", text)
