"""Engines: back ends that turn prompts into completions."""
