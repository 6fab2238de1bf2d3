"""Drift: is the recent window still what the model was made from? `docs/drift.md` has the rule and its error rates."""
