"""Measurements of the product on material whose truth is known."""
