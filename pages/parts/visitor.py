"""Whose session this is, and the browser's end of it: one cookie, and the address.

A workspace is an unguessable token in a cookie of the browser; the store knows only its hash. Streamlit reads cookies and
sets none, so a component without a face does. It also writes the address, by replacing it: no entry is added to the history.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets

import streamlit as st

from pages.parts import state

COOKIE = "unroll_workspace"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
SCRIPT = """
const NAME = "unroll_workspace";
const held = () => (document.cookie.match(new RegExp("(?:^|; )" + NAME + "=([A-Za-z0-9_-]{43})(?:;|$)")) || [])[1];
export default function ({ data, setStateValue }) {
  if (data.token) {
    if (!held()) {
      const secure = window.location.protocol === "https:" ? "; Secure" : "";
      document.cookie = NAME + "=" + data.token + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
    }
    const now = held() || "refused";
    if (now !== data.token && now !== data.known) setStateValue("token", now);
  }
  const last = window.location.pathname.replace(/\\/$/, "").split("/").pop();
  const here = data.pages.includes(last) ? last : "";
  const wanted = window.location.pathname + (data.query ? "?" + data.query : "");
  if (here === data.page && window.location.pathname + window.location.search !== wanted) {
    window.history.replaceState(window.history.state, "", wanted);
  }
}
"""


def workspace() -> str:
    """The workspace of this visitor: pinned by UNROLL_WORKSPACE, else the hash of the token in the cookie.

    Until the browser has answered, and where it keeps no cookies, the token lasts as long as the session.
    """
    return os.environ.get("UNROLL_WORKSPACE") or hashlib.sha256(_token().encode()).hexdigest()


def _token() -> str:
    known = state.workspace_token()
    if known is None:
        sent = st.context.cookies.get(COOKIE, "")
        known = sent if TOKEN.fullmatch(sent) else secrets.token_urlsafe(32)
        state.set_workspace_token(known)
    return known


def attend() -> None:
    """Last of every run: set the cookie where there is none, and write the address."""
    component = st.components.v2.component("unroll_visitor", js=SCRIPT)
    token = "" if os.environ.get("UNROLL_WORKSPACE") else _token()
    known = "refused" if state.cookies_refused() else ""
    pages = [name for name in (*state.ADDRESS, "report") if name]
    data = {"token": token, "known": known, "query": state.address(), "page": state.page(), "pages": pages}
    answer = component(key="visitor", data=data, on_token_change=lambda: None)
    told = getattr(answer, "token", None)
    if told == "refused":
        state.refuse_cookies()
    elif isinstance(told, str) and TOKEN.fullmatch(told) and told != token:
        state.set_workspace_token(told)  # another tab was first; its cookie is this browser's
        st.rerun()
