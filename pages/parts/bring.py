"""Ways of bringing a series: a file, pasted text, an example, or one that was kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.charts.history import sparkline
from core.charts.labels import date_label
from core.data.choices import Choices
from core.errors import AppError
from core.series.timeseries import Panel, TimeSeries
from pages.parts import frame, reading, services, state, versions
from pages.parts.text import pace, safe

TYPES = ["csv", "tsv", "txt", "xlsx", "xlsm", "parquet"]
TEMPLATE = "month,sales\n2023-01,112\n2023-02,118\n2023-03,132\n2023-04,129\n2023-05,121\n2023-06,135\n"
FIRST_ROWS = 200


def welcome() -> None:
    """The first page of a visitor without a series."""
    st.title("Forecast a series with recurrent networks and AR models, side by side", anchor=False)
    st.markdown(
        "Bring your own numbers and see, on their own past, whether a network really forecasts them better. "
        "Nothing leaves this server."
    )
    left, middle, right = st.columns([5, 5, 3], gap="medium")
    with left:
        _drop()
    with middle:
        _paste()
    with right:
        st.markdown("**What a table looks like**")
        st.caption("One column with dates or steps, one with numbers; for several series one more with their names.")
        st.download_button("template.csv", TEMPLATE, "template.csv", "text/csv", on_click="ignore", icon=":material/download:")
    st.subheader("Or start with", anchor=False)
    _examples()
    versions.kept()


def _drop() -> None:
    most = services.workbench().limits.data.bytes >> 20
    file = st.file_uploader(
        f"**A file**: CSV, Excel or Parquet, up to {most} MB", TYPES, key="data.file", max_upload_size=max(1, most)
    )
    if file is not None:
        _read(file.getvalue(), file.name)


def _paste() -> None:
    with st.form("data.pasting", border=False):
        text = st.text_area(
            "**Or paste a table**, as copied from a spreadsheet", height=96, placeholder=TEMPLATE, key="data.pasted",
            max_chars=2_000_000,
        )  # fmt: skip
        sent = st.form_submit_button("Read what I pasted")
    if sent and text.strip():
        _read(text.encode(), "pasted.csv")
    elif sent:
        st.warning("There is nothing to read yet; paste at least two columns, dates and numbers.")


def _read(content: bytes, name: str) -> None:
    """Understand an upload, keep its series, and go on with them; what cannot be read is said beside it."""
    try:
        with st.spinner("Reading the table", show_time=True):
            digest = services.keep_upload(content, name)
            found = services.understanding(digest, Choices())
            keys = services.add_series(found, name)
    except AppError as error:
        frame.problem(error)
        return
    reading.begin(digest, name, keys, is_new=True)
    st.rerun()


def _examples() -> None:
    with st.grid(min_column_width=250, gap="small", key="examples"):
        for one in services.examples():
            with st.container(border=True, height="stretch"):
                _card(one)


def _card(one: dict[str, object]) -> None:
    series = services.example(one["name"]).panel.series[0]
    label = f"{one['n']:,} {pace(one['freq'])} values".replace("  ", " ")
    st.markdown(f"**{safe(one['title'])}**")
    st.image(sparkline(series.values, theme=frame.theme()), width="stretch", alt=f"The course of {one['title']}")
    st.caption(f"{safe(one['description'], 200)} {label}.")
    if st.button("Use this series", key=f"data.example.{one['name']}", help=safe(str(one["source"]), 300)):
        keys = services.add_series(services.example(one["name"]), f"example:{one['name']}")
        reading.begin("", f"example:{one['name']}", keys)
        st.rerun()


def chosen(panel: Panel) -> TimeSeries:
    """The series that is shown, chosen where there are several."""
    ids = tuple(one.id for one in panel)
    state.among("data.shown", ids, ids[0])
    if len(ids) > 1:
        st.selectbox(f"Show one of {len(ids):,} series", ids, key="data.shown")
    return panel[state.get("data.shown")]


def rows(series: TimeSeries) -> None:
    """The newest values as a table, behind a fold."""
    fold = st.expander("Rows", on_change="rerun", key="data.rows")
    if fold.open:
        newest = slice(max(0, len(series) - FIRST_ROWS), None)
        times = date_label(series.index[newest], series.zone, as_in=series.index)
        table = pd.DataFrame({"time": times, "value": series.values[newest], "measured": series.observed[newest]})[::-1]
        fold.dataframe(table, hide_index=True, height=260, alt="The newest values of the series")
        if len(series) > FIRST_ROWS:
            fold.caption(f"The newest {FIRST_ROWS} of {len(series):,}.")
