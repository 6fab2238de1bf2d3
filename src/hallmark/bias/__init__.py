"""Bias: every metric by every declared group and pair of groups, and gaps that are judged as one family."""
