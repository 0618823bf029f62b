"""What is decided before anything runs: cost, limits, epochs within a time budget, whose turn it is, the launch of a run."""
