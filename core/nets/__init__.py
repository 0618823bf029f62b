"""Recurrent networks on torch: features, modules, training. Nothing here knows of runs, backtests or pages."""
