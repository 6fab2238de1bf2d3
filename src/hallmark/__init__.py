"""The deep-learning lifecycle as one pipeline of evidence: configure, prepare, validate, train, … publish."""

import os

# OpenMP reads it when PyTorch or scikit-learn is imported, and a person's own setting stays. By default its threads
# spin while they wait for each other: where another process needs a core, that takes ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
