"""What a network is shown of a series, in numpy: features, level and size, the linear part, truncation, settings."""
