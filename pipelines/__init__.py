"""One entry for each stage: it reads its inputs, calls one room and writes the results.

The layout names every path.
"""
