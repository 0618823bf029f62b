"""Unroll's forecasting core: everything but the pages. It knows nothing of Streamlit."""
