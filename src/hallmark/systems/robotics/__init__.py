"""Robotics: logs of sensors and actions, step by step; the action that the demonstrator would take next."""

from hallmark.systems import system


class RoboticsSystem(system.System):
    name = "robotics"
    metrics = frozenset({"return", "success"})  # of episodes in the closed loop
    linear_name = "linear policy"

    @property
    def config(self) -> system.Config:
        from hallmark.systems.robotics import config

        return config

    @property
    def bundled(self) -> system.Bundled:
        from hallmark.systems.robotics import bundled

        return bundled

    @property
    def reading(self) -> system.Reading:
        from hallmark.systems.robotics import reading

        return reading

    @property
    def inputs(self) -> system.Inputs:
        from hallmark.systems.robotics import inputs

        return inputs

    @property
    def baselines(self) -> system.Baselines:
        from hallmark.systems.robotics import baselines

        return baselines

    @property
    def plots(self) -> system.Plots:
        from hallmark.systems.robotics import plots

        return plots

    @property
    def diagnostics(self) -> system.Diagnostics:
        from hallmark.systems.robotics import diagnostics

        return diagnostics


SYSTEM = RoboticsSystem()
