"""Fraud: card transactions with each card's own history, or a flat table of cases; genuine or fraud."""

from typing import ClassVar

from hallmark.systems import system


class TableSystem(system.System):
    name = "table"
    simple_methods: ClassVar = {"classes": ("logistic regression", "boosted trees")}

    @property
    def config(self) -> system.Config:
        from hallmark.systems.table import config

        return config

    @property
    def bundled(self) -> system.Bundled:
        from hallmark.systems.table import bundled

        return bundled

    @property
    def reading(self) -> system.Reading:
        from hallmark.systems.table import reading

        return reading

    @property
    def inputs(self) -> system.Inputs:
        from hallmark.systems.table import inputs

        return inputs

    @property
    def baselines(self) -> system.Baselines:
        from hallmark.systems.table import baselines

        return baselines

    @property
    def plots(self) -> system.Plots:
        from hallmark.systems.table import plots

        return plots


SYSTEM = TableSystem()
