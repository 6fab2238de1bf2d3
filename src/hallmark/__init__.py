"""The deep-learning lifecycle as one pipeline of evidence: configure, prepare, validate, train, … publish."""

import os

# OpenMP reads them when PyTorch or scikit-learn is imported, and a person's own setting stays. By default its threads
# spin while they wait for each other: where another process needs a core, that takes up to ten times as long. Where
# they sleep at once, an idle machine loses up to a quarter of its speed to waking them. So they spin 2,000 times first,
# by a variable of GNU's OpenMP, which PyTorch and scikit-learn bring along; with any other they sleep at once.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
