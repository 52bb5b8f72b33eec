"""The core of Stepmark: values, ids, errors, readers, segmenters, grading, engines, ledger.

Knows nothing of Prefect, recipes or the shard schema. Importing it is fast and needs no server.
"""

__version__ = "0.1.0"
