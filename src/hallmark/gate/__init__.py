"""The gate: from findings and requirements to a verdict."""
