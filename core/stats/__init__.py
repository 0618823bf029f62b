"""Statistics of series: what a series is like, never what comes next."""
