"""One entry for each stage: it loads, calls one room and writes. The layout names every path."""
