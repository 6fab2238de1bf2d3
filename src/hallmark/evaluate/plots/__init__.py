"""The evaluation as pictures: each function takes tables and returns a figure."""
