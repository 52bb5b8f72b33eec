"""Storage: schemas, shards, the manifest and the dataset card."""
