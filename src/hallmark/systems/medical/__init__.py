"""Medical scans with clinical data: a finding for each scan, and the order in which people should look at them."""

from typing import ClassVar

from hallmark.systems import system


class MedicalSystem(system.System):
    name = "medical"
    simple_methods: ClassVar = {"classes": ("logistic regression", "extra trees")}

    @property
    def config(self) -> system.Config:
        from hallmark.systems.medical import config

        return config

    @property
    def bundled(self) -> system.Bundled:
        from hallmark.systems.medical import bundled

        return bundled

    @property
    def reading(self) -> system.Reading:
        from hallmark.systems.medical import reading

        return reading

    @property
    def inputs(self) -> system.Inputs:
        from hallmark.systems.medical import inputs

        return inputs

    @property
    def baselines(self) -> system.Baselines:
        from hallmark.systems.medical import baselines

        return baselines

    @property
    def plots(self) -> system.Plots:
        from hallmark.systems.medical import plots

        return plots

    @property
    def diagnostics(self) -> system.Diagnostics:
        from hallmark.systems.medical import diagnostics

        return diagnostics


SYSTEM = MedicalSystem()
