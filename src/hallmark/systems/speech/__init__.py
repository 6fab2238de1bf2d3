"""Speech: audio to text by connectionist temporal classification."""

from typing import ClassVar

from hallmark.systems import system


class SpeechSystem(system.System):
    name = "speech"
    simple_methods: ClassVar = {"transcript": ("hidden Markov model", "linear on MFCC")}

    @property
    def config(self) -> system.Config:
        from hallmark.systems.speech import config

        return config

    @property
    def bundled(self) -> system.Bundled:
        from hallmark.systems.speech import bundled

        return bundled

    @property
    def reading(self) -> system.Reading:
        from hallmark.systems.speech import reading

        return reading

    @property
    def inputs(self) -> system.Inputs:
        from hallmark.systems.speech import inputs

        return inputs

    @property
    def baselines(self) -> system.Baselines:
        from hallmark.systems.speech import baselines

        return baselines

    @property
    def plots(self) -> system.Plots:
        from hallmark.systems.speech import plots

        return plots


SYSTEM = SpeechSystem()
