"""The tracking room: MLflow is where people look; files are the truth."""
