"""Flows: recipes, builds, the command line. The only importer of Prefect."""
