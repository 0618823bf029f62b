"""Runs in worker processes, side by side: one supervisor thread starts, limits, watches and ends them, and alone writes down
what they say."""
