"""Filters: keep or drop a labelled solution, always with a reason."""
