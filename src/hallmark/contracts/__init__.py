"""What the stages hand each other: examples, package, predictions, findings, verdict, decision."""
