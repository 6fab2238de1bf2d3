"""Pictures in common formats, read into an array of pixels and a table of metadata."""
