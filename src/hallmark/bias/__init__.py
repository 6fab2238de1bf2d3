"""Bias: every metric by every declared group and pair of groups, and gaps that are judged as one family."""

from hallmark.bias.group_audit import Audit, audit, no_audit

__all__ = ["Audit", "audit", "no_audit"]
