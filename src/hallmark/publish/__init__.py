"""Publishing: what a person reviews in MLflow, made from the files that the stages wrote."""

from hallmark.tracking.connection import silence

silence()  # before a module of this room imports MLflow
