"""From logits to decisions: fraud is a classification like any other."""

from hallmark.classification import fit_postprocess, score

__all__ = ["fit_postprocess", "score"]
