"""Images: one label for each picture."""
