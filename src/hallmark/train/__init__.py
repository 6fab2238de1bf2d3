"""Stage train: from examples and a system's network to a package, with the same bytes on every machine."""
