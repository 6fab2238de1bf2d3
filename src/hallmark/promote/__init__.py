"""Promotion: the champion alias moves only where the verdict allows it."""

from hallmark.tracking.connection import silence

silence()  # before a module of this room imports MLflow
