"""Links to a run: made, listed, ended."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from core.errors import AppError
from core.store.records import RunRecord, ShareRecord
from pages.parts import frame, services, state
from pages.parts.text import age, count, day

LASTS = {1: "1 day", 7: "7 days", 30: "30 days", 365: "1 year", None: "until revoked"}


@st.dialog("Share this run", width="medium", on_dismiss=lambda: state.forget("share.made"))
@frame.guarded
def dialog(record: RunRecord) -> None:
    """Make a link, or end one."""
    bench, workspace = services.own()
    st.markdown(
        "A link shows a frozen copy of this comparison to everyone who has it: nothing can be changed there, "
        "and later changes do not reach it."
    )
    with st.form(f"share.form.{record.id}", border=False, enter_to_submit=False):
        lasts = st.selectbox("Works for", list(LASTS), index=2, format_func=LASTS.get)
        passphrase = st.text_input(
            "Passphrase (optional)", type="password", max_chars=200, help="Everyone who opens the link is asked for it."
        )
        includes = st.toggle(
            "Include the series", value=True, help="Without it the report shows forecasts and scores, and no history."
        )
        made = st.form_submit_button("Make a link", type="primary")
    if made:
        try:
            _, token = bench.share(workspace, record.id, days=lasts, passphrase=passphrase, includes_data=includes)
            state.put("share.made", f"{record.id} {token}")
        except AppError as error:
            frame.problem(error)
    run_id, _, token = str(state.get("share.made", "")).partition(" ")
    if run_id == record.id and token:
        st.code(address(token), language=None, wrap_lines=True)
        st.caption("Copy it now: it is shown this once and kept only as a hash.")
    links(record)


def links(record: RunRecord) -> None:
    """The links to a run, each with a way to end it."""
    bench, workspace = services.own()
    for one in bench.shares(workspace, record.id):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(_words(one))
            if one.revoked is None and st.button("Revoke", key=f"share.revoke.{one.id}", type="tertiary"):
                bench.revoke(workspace, one.id)
                state.forget("share.made")
                st.rerun(scope="fragment")


def _words(one: ShareRecord) -> str:
    ends = "revoked" if one.revoked else f"until {day(one.expires)}" if one.expires else "until revoked"
    more = [name for name, holds in (("passphrase", one.has_passphrase), ("with the series", one.includes_data)) if holds]
    return " · ".join([f"made {age(one.created)}", ends, *more, f"opened {count(one.views, 'time')}"])


def address(token: str) -> str:
    """The address of the report behind a token, wherever the app is mounted."""
    query = urlencode({"share": token})
    if st.context.url is None:
        return f"/report?{query}"
    scheme, host, path, _, _ = urlsplit(st.context.url)
    parts = path.rstrip("/").split("/")
    base = parts[:-1] if parts[-1] and parts[-1] in (*state.ADDRESS, "report") else parts
    return urlunsplit((scheme, host, "/".join([*base, "report"]), query, ""))
