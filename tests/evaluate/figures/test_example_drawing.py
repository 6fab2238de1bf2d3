"""What the system draws and what the answer draws come together, each part where both have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evaluate.made import InputPlots
from matplotlib.axes import Axes

from hallmark.answers.answer import DrawAnswer, Shades, Support
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Outputs
from hallmark.evaluate.figures.example_drawing import ExampleDrawing
from hallmark.report_figures import blank

EXAMPLE = Examples(pd.DataFrame({"id": ["a"]}), {"x": np.array([[1.0, 0.5]])})


@dataclass(frozen=True)
class AnswerPlots:
    PANEL_SHARE: float = 0.0
    draw: DrawAnswer | None = None
    shades: Shades | None = None
    support: Support | None = None


def draw_input(axes: Axes, example: Examples) -> None:
    axes.set_xlabel("plain")


def draw_shaded(axes: Axes, example: Examples, shades: np.ndarray) -> None:
    axes.set_xlabel(f"shaded {shades.tolist()}")


def draw_attribution(axes: Axes, example: Examples, support: Callable[[Examples], np.ndarray]) -> None:
    axes.set_ylabel(f"support {support(example.take(np.array([0, 0]))).tolist()}")


def draw_answer(axes: Axes, example: Examples, outputs: Outputs, postprocess: Mapping[str, Any]) -> None:
    axes.text(0.5, 0.5, f"{outputs['y'][0].tolist()} {postprocess['unit']}")


def shades(outputs: Outputs) -> np.ndarray:
    return np.asarray(outputs["y"][0])


def support(outputs: Outputs, postprocess: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(outputs["y"][:, 0] / postprocess["scale"])


def predict(examples: Examples) -> dict[str, np.ndarray]:
    return {"y": examples.arrays["x"]}


def drawn(input_plots: InputPlots, answer_plots: AnswerPlots | None) -> tuple[Axes, list[Axes]]:
    drawing = ExampleDrawing(
        input_plots=input_plots, answer_plots=answer_plots, predict=predict, postprocess={"unit": "m", "scale": 2.0}
    )
    figure, axes = blank()
    parts = drawing.draw(axes, EXAMPLE)
    figure.canvas.draw()
    return axes, parts


def test_an_answer_draws_on_the_input() -> None:
    axes, parts = drawn(InputPlots(draw_input), AnswerPlots(draw=draw_answer))
    assert parts == [axes]
    assert axes.get_xlabel() == "plain"
    assert [text.get_text() for text in axes.texts] == ["[1.0, 0.5] m"]


def test_an_answer_with_a_panel_draws_beside_the_input() -> None:
    axes, parts = drawn(InputPlots(draw_input), AnswerPlots(PANEL_SHARE=0.4, draw=draw_answer))
    left, right = parts
    assert not axes.axison
    assert (left.get_xlabel(), right.get_xlabel()) == ("plain", "")
    assert ([len(part.texts) for part in parts], len(axes.texts)) == ([0, 1], 0)
    widths = [part.get_window_extent().width / axes.get_window_extent().width for part in parts]
    assert widths == pytest.approx([0.57, 0.4])


def test_the_scale_of_an_attribution_has_room_before_the_panel() -> None:
    plots = InputPlots(draw_input, draw_attribution=draw_attribution)
    axes, (left, right) = drawn(plots, AnswerPlots(PANEL_SHARE=0.4, draw=draw_answer, support=support))
    gap = right.get_window_extent().x0 - left.get_window_extent().x1
    assert gap / axes.get_window_extent().width == pytest.approx(0.18)


@pytest.mark.parametrize("has_answer", [False, True])
@pytest.mark.parametrize("has_input", [False, True])
def test_shades_and_attribution_need_both_the_system_and_the_answer(has_input: bool, has_answer: bool) -> None:
    able_input = InputPlots(draw_input, draw_shaded=draw_shaded, draw_attribution=draw_attribution)
    able_answer = AnswerPlots(shades=shades, support=support)
    axes, _ = drawn(able_input if has_input else InputPlots(draw_input), able_answer if has_answer else AnswerPlots())
    both = has_input and has_answer
    assert axes.get_xlabel() == ("shaded [1.0, 0.5]" if both else "plain")
    assert axes.get_ylabel() == ("support [0.5, 0.5]" if both else "")


def test_an_answer_without_plots_leaves_the_model_unasked() -> None:
    def unasked(_: Examples) -> dict[str, np.ndarray]:
        raise AssertionError("nothing is drawn of its outputs")

    _, axes = blank()
    plots = InputPlots(draw_input, draw_shaded=draw_shaded, draw_attribution=draw_attribution)
    drawing = ExampleDrawing(input_plots=plots, answer_plots=None, predict=unasked, postprocess={})
    assert drawing.draw(axes, EXAMPLE) == [axes]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("plain", "")
