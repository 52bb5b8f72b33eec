"""Recipes that ship with Stepmark, one published method each."""
