"""From raw examples to prepared ones: every example gets its split and its fingerprint."""
