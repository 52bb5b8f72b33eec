"""What the sandbox holds, and what it costs: hostile programs, real programs, times a run."""
