"""The drawing of one example: its input by the system, and the answer on or beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hallmark.answers.answer import Plots as AnswerPlots
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Outputs, Predict
from hallmark.systems.system import Plots as InputPlots

# Shares of the width, between the input and an answer's panel.
_GAP_SHARE = 0.03
_SCALE_SHARE = 0.18  # has room for an attribution's scale


@dataclass(frozen=True, kw_only=True)
class ExampleDrawing:
    """How examples and a model's answers to them are drawn.

    input_plots: The part `plots` of the system.
    answer_plots: The part `plots` of the answer; None: it has none.
    predict: Examples → raw outputs of the model.
    postprocess: The parameters of the model's post-processing.
    """

    input_plots: InputPlots
    answer_plots: AnswerPlots | None
    predict: Predict
    postprocess: Mapping[str, Any]

    def draw(self, axes: Axes, example: Examples) -> list[Axes]:
        """Draw the one row of `example`; return the axes that are drawn on: `axes`, or two within them."""
        if self.answer_plots is None:
            self.input_plots.draw(axes, example)
            return [axes]

        outputs = self.predict(example)
        input_axes, answer_axes = self._split(axes, self.answer_plots)
        self._draw_input(input_axes, example, outputs, self.answer_plots)
        if self.answer_plots.draw is not None:
            self.answer_plots.draw(answer_axes, example, outputs, self.postprocess)
        return [input_axes] if answer_axes is input_axes else [input_axes, answer_axes]

    def _split(self, axes: Axes, answer_plots: AnswerPlots) -> tuple[Axes, Axes]:
        """Return the axes of the input and of the answer: `axes` for both or, where there is a panel, two within it."""
        panel_share = answer_plots.PANEL_SHARE
        if not panel_share:
            return axes, axes

        has_scale = self.input_plots.draw_attribution is not None and answer_plots.support is not None
        gap_share = _SCALE_SHARE if has_scale else _GAP_SHARE
        axes.set_axis_off()
        input_axes = axes.inset_axes((0.0, 0.0, 1 - panel_share - gap_share, 1.0))
        return input_axes, axes.inset_axes((1 - panel_share, 0.0, panel_share, 1.0))

    def _draw_input(self, axes: Axes, example: Examples, outputs: Outputs, answer_plots: AnswerPlots) -> None:
        """Draw the input, with its shades and its attribution where the system and the answer have them."""
        draw_shaded = self.input_plots.draw_shaded
        if draw_shaded is not None and answer_plots.shades is not None:
            draw_shaded(axes, example, answer_plots.shades(outputs))
        else:
            self.input_plots.draw(axes, example)

        draw_attribution = self.input_plots.draw_attribution
        support = answer_plots.support
        if draw_attribution is not None and support is not None:

            def support_of(examples: Examples) -> np.ndarray:
                return support(self.predict(examples), self.postprocess)

            draw_attribution(axes, example, support_of)
