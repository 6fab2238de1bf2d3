"""One case: the card's amounts over time or, of a flat table, the row's numbers."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hallmark.contracts.examples import DESCRIPTOR, Examples
from hallmark.report_figures import PALETTE
from hallmark.systems.table.reading.history import HISTORY

# Channels of a history.
_VALID = HISTORY.index("valid")
_LOG_HOURS_AGO = HISTORY.index("log_hours_ago")
_LOG_AMOUNT = HISTORY.index("log_amount")
_SAME_PLACE = HISTORY.index("same_place")
_MOST_NUMBERS = 12  # of a flat row's numbers, the first ones are drawn

draw_shaded = None
draw_attribution = None


def draw(axes: Axes, example: Examples) -> None:
    """Draw the history of a card, or the numbers of a flat row."""
    row = example.table.iloc[0]
    if "history" in example.arrays:
        _draw_timeline(axes, np.asarray(example.arrays["history"][0]), float(row[DESCRIPTOR + "amount"]))
    else:
        _draw_numbers(axes, row)


def _draw_timeline(axes: Axes, history: np.ndarray, amount: float) -> None:
    """Draw the amounts of the earlier transactions over time, and the current `amount`.

    `history` (T, C) has C channels of T transactions, the newest last; padding in front is 0 in
    `_VALID`.
    """
    earlier = history[history[:, _VALID] > 0]
    days = -np.expm1(earlier[:, _LOG_HOURS_AGO]) / 24  # below 0: before the current transaction
    amounts = np.expm1(earlier[:, _LOG_AMOUNT])
    is_same_place = earlier[:, _SAME_PLACE] > 0

    axes.vlines([*days, 0.0], 0.1, [*amounts, amount], color="0.85", linewidth=1)
    axes.scatter(days[~is_same_place], amounts[~is_same_place], s=18, color=PALETTE[0], label="elsewhere")
    axes.scatter(days[is_same_place], amounts[is_same_place], s=18, color=PALETTE[2], marker="s", label="same place")
    axes.scatter([0.0], [amount], s=50, color=PALETTE[1], marker="D", label="current", zorder=3)

    axes.set(yscale="log", ylim=(0.3, None), xlabel="days before the current transaction", ylabel="amount")
    axes.set_xscale("symlog", linthresh=0.1)  # shows bursts of minutes and habits of weeks
    first_day = days.min(initial=-0.2)
    axes.set_xlim(1.3 * first_day, 0.03)
    ticks = [tick for tick in (-60, -30, -7, -1, -0.1, 0) if tick >= first_day * 1.2]
    axes.set_xticks(ticks, labels=[f"{-tick:g}" for tick in ticks])
    axes.minorticks_off()


def _draw_numbers(axes: Axes, row: "pd.Series[Any]") -> None:
    names = [column for column in row.index if str(column).startswith(DESCRIPTOR)][:_MOST_NUMBERS]
    values = row[names].to_numpy(float)
    axes.barh(range(len(names)), values, color=PALETTE[0])
    axes.set_xscale("symlog", linthresh=1.0)  # codes and amounts share the axis
    axes.set_yticks(range(len(names)), labels=[name.removeprefix(DESCRIPTOR) for name in names])
    axes.invert_yaxis()
    axes.set_xlabel("value, as in the raw table")
