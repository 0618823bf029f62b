"""Forecasting models: one file a family, one registry line a model. Forms and registry are free of torch and statsmodels."""
