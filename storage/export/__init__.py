"""Trainer formats, one a file: pure functions from the tables of a build to a table of rows."""
