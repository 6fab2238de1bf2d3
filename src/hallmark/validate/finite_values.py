"""The expectation of finite numbers. Great Expectations lacks it: its `between` ignores NaN."""

from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy
from great_expectations.execution_engine import PandasExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics import ColumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider import column_condition_partial
from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer


class ColumnValuesFinite(ColumnMapMetricProvider):  # type: ignore[misc]
    """The metric: a value is a number, and neither NaN nor infinite."""

    condition_metric_name = "column_values.finite"
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column: pd.Series, **_: object) -> pd.Series:  # noqa: N805 (the decorator makes it a class method)
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
        return pd.Series(np.isfinite(numbers), column.index)

    @column_condition_partial(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(cls, column: Any, **_: object) -> Any:  # noqa: N805
        number = sqlalchemy.try_cast(column, sqlalchemy.Double)
        return sqlalchemy.func.coalesce(sqlalchemy.func.isfinite(number), sqlalchemy.false())


class ExpectColumnValuesToBeFinite(ColumnMapExpectation):  # type: ignore[misc]
    """Expect the values of a column to be finite numbers: not missing, not NaN, not infinite."""

    map_metric = "column_values.finite"

    def _validate(self, metrics: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Judge every row, missing values too.

        Great Expectations judges the rows that have a value: a column without any would pass, and one
        that lacks more values than it has gives a share above 100 %, which it refuses as an error.
        """
        return super()._validate({**metrics, "column_values.nonnull.unexpected_count": 0}, *arguments, **options)

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)  # type: ignore[untyped-decorator]
    def _prescriptive_renderer(cls, **_: object) -> list[RenderedStringTemplateContent]:
        words = {"template": "values must be finite numbers.", "params": {}}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=words)]
