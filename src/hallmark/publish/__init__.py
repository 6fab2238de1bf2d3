"""Publishing: what a person reviews in MLflow, made from the files that the stages wrote."""
