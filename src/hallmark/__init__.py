"""The deep-learning lifecycle as one pipeline of evidence: configure, prepare, validate, train, … publish."""
