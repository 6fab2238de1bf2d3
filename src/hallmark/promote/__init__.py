"""Promotion: the champion alias moves only where the verdict allows it."""
