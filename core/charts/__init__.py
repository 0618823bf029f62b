"""Charts: values -> altair charts. Nothing here computes a score, reads a file or knows of Streamlit."""
