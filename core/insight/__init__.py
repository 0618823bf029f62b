"""Looking inside a trained network: what its cells hold at each step of a window. It needs torch."""
