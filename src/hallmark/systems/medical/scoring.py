"""Findings are classified: calibration and scores are those of every classification."""

from hallmark.classification import fit_postprocess, score

__all__ = ["fit_postprocess", "score"]
