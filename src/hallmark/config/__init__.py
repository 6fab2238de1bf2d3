"""The configuration: pydantic models that are the schema, the ranges, the choices and what stages receive."""

from hallmark.config.parameters import Parameters, parameters_model
from hallmark.config.reader import parse, read

__all__ = ["Parameters", "parameters_model", "parse", "read"]
