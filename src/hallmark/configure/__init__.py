"""Configure: Hydra composes a task's parameters, and the schema refuses what it does not know."""
