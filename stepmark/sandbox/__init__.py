"""Sandboxes: where programs run that a model wrote, and that are taken to be hostile.

`protocol` is what every sandbox takes and gives.
"""
