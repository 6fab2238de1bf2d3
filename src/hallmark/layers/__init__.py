"""Layers that several systems' networks are made of."""
