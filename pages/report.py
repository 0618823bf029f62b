"""Report: what stands behind a link. It reads a frozen copy, changes nothing, and tells nobody why a link does not work."""

import streamlit as st

from core.errors import NotFoundError, PassphraseError
from pages.parts import reader, services
from pages.parts.router import through_the_router

through_the_router()

token = st.query_params.get("share", "")
try:
    outcome = services.open_share(token, reader.passphrase(token))
except PassphraseError:
    reader.ask_passphrase(token)
except NotFoundError:
    reader.no_report()
else:
    reader.show(outcome)
