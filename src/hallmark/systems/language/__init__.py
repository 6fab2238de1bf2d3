"""Text: prediction of the next token, measured in bits per byte."""

from typing import ClassVar

from hallmark.systems import system


class LanguageSystem(system.System):
    name = "language"
    simple_methods: ClassVar = {"next_token": ("Kneser-Ney n-gram",)}

    @property
    def config(self) -> system.Config:
        from hallmark.systems.language import config

        return config

    @property
    def bundled(self) -> system.Bundled:
        from hallmark.systems.language import bundled

        return bundled

    @property
    def reading(self) -> system.Reading:
        from hallmark.systems.language import reading

        return reading

    @property
    def inputs(self) -> system.Inputs:
        from hallmark.systems.language import inputs

        return inputs

    @property
    def baselines(self) -> system.Baselines:
        from hallmark.systems.language import baselines

        return baselines

    @property
    def plots(self) -> system.Plots:
        from hallmark.systems.language import plots

        return plots

    @property
    def diagnostics(self) -> system.Diagnostics:
        from hallmark.systems.language import diagnostics

        return diagnostics


SYSTEM = LanguageSystem()
