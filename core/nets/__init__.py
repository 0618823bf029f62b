"""Recurrent networks on torch: modules, losses, training. Nothing here knows of runs, backtests or pages."""
