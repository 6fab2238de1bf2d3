"""An action: numbers within known bounds, in their own units."""

from collections.abc import Mapping
from typing import Any

from hallmark.answers import answer


class ActionAnswer(answer.Answer):
    name = "action"
    kind = "regression"
    target = "target.action"
    decision_keys = frozenset({"mistake", "unit"})
    metrics = frozenset({"action_error", "squared_error", "accuracy", "cost", "calibration_error"})

    def is_same_prediction(
        self, one: str, other: str, postprocess: Mapping[str, Any], *, relative: float, absolute: float
    ) -> bool:
        """Return whether two predictions have the same actions, with rounded values that are close."""
        from hallmark.answers.action import scoring

        return scoring.are_close(one, other, postprocess, relative=relative, absolute=absolute)

    @property
    def decoding(self) -> answer.Decoding:
        from hallmark.answers.action import decoding

        return decoding

    @property
    def scoring(self) -> answer.Scoring:
        from hallmark.answers.action import scoring

        return scoring

    @property
    def baselines(self) -> answer.Baselines:
        from hallmark.answers.action import baselines

        return baselines

    @property
    def network(self) -> answer.Network:
        from hallmark.answers.action import network

        return network

    @property
    def plots(self) -> answer.Plots:
        from hallmark.answers.action import plots

        return plots


ANSWER = ActionAnswer()
