"""The train room: from examples and a system's network to a package, the same bytes each time, on whatever machine."""
