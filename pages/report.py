"""Report: what stands behind a link. It reads a frozen copy, changes nothing, and tells nobody why a link does not work."""

import streamlit as st

from core.errors import NotFoundError
from pages.parts import frame, reader, services
from pages.parts.router import through_the_router

through_the_router()

# Ask
token = st.query_params.get("share", "")
try:
    link = services.link(token)
except NotFoundError:
    reader.no_report()
    raise frame.EndOfPage from None
if not reader.is_admitted(token, link):
    raise frame.EndOfPage

# Compute
outcome = services.shared_report(token, link)

# Show
reader.show(outcome)
services.count_view(token, link)
