"""Evaluate: what the package, the simple methods and a rule do on the sealed test split, in one table."""
