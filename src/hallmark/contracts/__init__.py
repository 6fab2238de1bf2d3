"""The contracts between stages: examples, package, predictions, episodes, findings, verdict,
summary, decision.
"""
