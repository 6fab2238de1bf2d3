"""Verification: a commit's evidence, made again from its raw data and its package, and compared."""

from hallmark.verify.verification import verify as verify
