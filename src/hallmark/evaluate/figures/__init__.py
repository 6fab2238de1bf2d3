"""Figures of an evaluation: each function takes tables or arrays and returns a Matplotlib figure."""
