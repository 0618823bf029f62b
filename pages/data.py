"""Data: bring a series, see what was understood of it, put right what was not."""

import streamlit as st

from core.charts.history import series_chart
from pages.parts import bring, frame, reading, services, state, versions
from pages.parts.router import through_the_router
from pages.parts.text import length_of, safe

through_the_router()

# Ask
keys = services.series_at_hand()
if not keys:
    bring.welcome()
    raise frame.EndOfPage

# Compute
panel = services.panel(keys)
source = reading.current(keys)
series = bring.chosen(panel)

# Show
versions.offer(panel)
left, right = st.columns([2, 1], gap="large")
with right:
    reading.controls(source, panel)
with left:
    st.header(safe(series.id, 60), anchor=False)
    marked = reading.doubled(source, series)
    frame.chart(
        ("series", series.key, marked),
        lambda: series_chart(series, theme=frame.theme(), title=length_of(series), marked=marked),
        f"The series {series.id}: {length_of(series)}.",
    )
    versions.line(series)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train models", type="primary", icon=":material/arrow_forward:", icon_position="right"):
            state.put("train.live", "")
            st.switch_page("pages/train.py")
        if st.button("Bring another series"):
            reading.forget()
            st.rerun()
    bring.rows(series)
