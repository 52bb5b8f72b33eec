"""The practice policy and its problems: what the quickstart runs on."""
