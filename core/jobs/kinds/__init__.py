"""Kinds of work: what a worker can compute. One file a kind and one line in `registry`, as models are."""
