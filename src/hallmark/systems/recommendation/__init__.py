"""Recommendation: the next item of a user, ranked among all items, from what the user had before."""
