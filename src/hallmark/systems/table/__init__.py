"""Fraud: card transactions with each card's own history, or a flat table of cases; genuine or fraud."""
