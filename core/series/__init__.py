"""The nouns of forecasting: series, panel, forecast, split. Values only; nothing here reads, fits or draws."""
