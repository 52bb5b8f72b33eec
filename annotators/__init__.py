"""Annotators: one published idea per file that says something about every step of a solution."""
