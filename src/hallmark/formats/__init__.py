"""Raw files in common formats, read and checked for all systems; every fault is one sentence."""
