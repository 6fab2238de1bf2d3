"""Verification: a commit's evidence, made anew from its raw data and its package, and compared with
it.
"""

from hallmark.verify.verification import verify as verify
