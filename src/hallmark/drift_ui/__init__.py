"""Drift over time: Evidently's UI on a workspace that is made of the snapshots of all commits.

The workspace decides nothing and holds nothing of its own: git and DVC's cache have it all.
"""
