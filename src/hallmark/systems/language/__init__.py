"""Text: what comes next, token by token; measured in bits per byte."""
