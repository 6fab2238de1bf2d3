"""The configuration: pydantic models with each key's type, range, choices, unit and meaning.

Stages receive the parameters as these models; the JSON schemas and docs/configuration.md are made
of them.
"""

from hallmark.config.parameters import Parameters, model_of, parameters_model
from hallmark.config.reader import parse, read

__all__ = ["Parameters", "model_of", "parameters_model", "parse", "read"]
