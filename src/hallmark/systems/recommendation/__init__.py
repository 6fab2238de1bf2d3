"""Recommendation: the next item of a user, ranked among all items, from what the user had before."""

from typing import ClassVar

from hallmark.systems import system


class RecommendationSystem(system.System):
    name = "recommendation"
    simple_methods: ClassVar = {"next_item": ("popularity", "item neighbours", "transitions")}

    @property
    def config(self) -> system.Config:
        from hallmark.systems.recommendation import config

        return config

    @property
    def bundled(self) -> system.Bundled:
        from hallmark.systems.recommendation import bundled

        return bundled

    @property
    def reading(self) -> system.Reading:
        from hallmark.systems.recommendation import reading

        return reading

    @property
    def inputs(self) -> system.Inputs:
        from hallmark.systems.recommendation import inputs

        return inputs

    @property
    def baselines(self) -> system.Baselines:
        from hallmark.systems.recommendation import baselines

        return baselines

    @property
    def plots(self) -> system.Plots:
        from hallmark.systems.recommendation import plots

        return plots

    @property
    def diagnostics(self) -> system.Diagnostics:
        from hallmark.systems.recommendation import diagnostics

        return diagnostics


SYSTEM = RecommendationSystem()
