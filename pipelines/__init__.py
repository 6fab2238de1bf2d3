"""One thin entry for each stage: reads → calls one library function → writes. Paths stand here and in dvc.yaml only."""
