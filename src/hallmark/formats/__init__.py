"""Raw files in common formats, read and checked; every fault is one sentence. The systems' readings share it."""
