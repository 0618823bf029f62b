"""From bytes to time series: read, understood, repaired where that is said, refused where it cannot be."""
