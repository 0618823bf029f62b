"""Runs: what was trained before, newest first."""

import streamlit as st

from pages.parts import frame, history, services
from pages.parts.router import through_the_router

through_the_router()

st.title("Runs", anchor=False)
runs = services.runs()
if not runs:
    frame.no_run()
    raise frame.EndOfPage
for record in history.page_of(runs):
    history.card(record)
