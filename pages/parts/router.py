"""The way in: a cold server runs a file of `pages/` past app.py when that is the first address asked of it."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from pages.parts import state


def through_the_router() -> None:
    """First line of every page: hand over to app.py, unless it is app.py that runs the page."""
    entry = getattr(sys.modules["__main__"], "__file__", None)
    if not state.is_routed() and entry is not None and Path(entry).name == "app.py":
        import app

        app.main()
        st.stop()
