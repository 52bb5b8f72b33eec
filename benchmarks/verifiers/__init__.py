"""Verifiers on what people judged, and how many steps a second they check.

    python -m benchmarks.verifiers [NAME …] [--data FOLDER]

Each module here with `measure(data)` is a part; all run unless some are named. Prints what the
parts print, and their figures together as one JSON object on the last line.
"""
