"""What a report shows of a build: figures over all of its shards, and solutions to read."""
