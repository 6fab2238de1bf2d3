"""Images: one label for each picture."""

from typing import ClassVar

from hallmark.systems import system


class ImageSystem(system.System):
    name = "image"
    simple_methods: ClassVar = {"classes": ("logistic regression",)}

    @property
    def config(self) -> system.Config:
        from hallmark.systems.image import config

        return config

    @property
    def bundled(self) -> system.Bundled:
        from hallmark.systems.image import bundled

        return bundled

    @property
    def reading(self) -> system.Reading:
        from hallmark.systems.image import reading

        return reading

    @property
    def inputs(self) -> system.Inputs:
        from hallmark.systems.image import inputs

        return inputs

    @property
    def baselines(self) -> system.Baselines:
        from hallmark.systems.image import baselines

        return baselines

    @property
    def plots(self) -> system.Plots:
        from hallmark.systems.image import plots

        return plots


SYSTEM = ImageSystem()
