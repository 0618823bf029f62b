"""What a session remembers, and what of it stands in the address: the only file that names a session key.

A session holds keys and choices, never data. Widgets keep their values under their own key, "<page>.<field>"; those listed
in ADDRESS also stand in the address of their page, so that reloading, going back and sending oneself the address keep them.
The address counts when a session begins and when the page changes; otherwise the session does, and the address follows it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import streamlit as st

SERIES, RUN = "series", "run"  # what is at hand: series keys (or their beginnings) joined by ".", and the id of a run
ROUTED, PAGE, TOKEN, REFUSED = "routed", "page", "workspace.token", "workspace.refused"
SHORT = 10  # characters of a key in an address
LISTED = 4  # series that an address lists by their keys; more of them, or a long name, are a digest that begins with MARK
LONG, MARK = 60, "~"  # characters of a name, as an address writes them
OFFERED = "train.offered"  # coverages that may be chosen beside the usual ones
ADMITTED, VIEWED = "report.admitted", "report.viewed"
LINKS = 20  # that a session remembers

ADDRESS: Mapping[str, Mapping[str, str]] = {
    "": {"series": SERIES, "upload": "reading.digest"},
    "train": {
        "series": SERIES,
        "live": "train.live",
        "horizon": "train.horizon",
        "origins": "train.origins",
        "models": "train.models",
        "preset": "train.preset",
        "coverages": "train.coverages",
        "seeds": "train.seeds",
    },
    "compare": {"run": RUN, "of": "compare.series", "at": "compare.origin", "band": "compare.band", "view": "compare.view"},
    "runs": {"shown": "runs.shown"},
}
NUMBERS = ("train.horizon", "train.origins", "train.seeds", "runs.shown")
PERCENTS = ("compare.band",)
COVERAGES = "train.coverages"  # percents joined by "-"
PERCENT = r"[0-9]{1,2}(\.[0-9]{1,8})?"


def begin(shown: str) -> None:
    """Start a run of a page: mark the session as routed, and take over the address where it is new."""
    is_new = st.session_state.get(PAGE) != shown
    st.session_state[ROUTED], st.session_state[PAGE] = True, shown
    if is_new and st.query_params:
        for name, key in ADDRESS.get(shown, {}).items():
            _adopt(key, st.query_params.get(name))


def _adopt(key: str, text: str | None) -> None:
    if text is None or not text.isprintable() or len(text) > 8000:
        return
    if key in NUMBERS:
        if text.isascii() and text.isdigit() and len(text) < 7:
            st.session_state[key] = int(text)
    elif key in PERCENTS:
        if re.fullmatch(PERCENT, text):
            st.session_state[key] = _percent(text)
    elif key == COVERAGES:
        if re.fullmatch(rf"{PERCENT}(-{PERCENT}){{0,8}}", text) and all(map(_percent, text.split("-"))):
            found = sorted(set(map(_percent, text.split("-"))))
            st.session_state[key], st.session_state[OFFERED] = found, found
    else:
        st.session_state[key] = text


def _percent(text: str) -> float:
    return float(text) if "." in text else int(text)


def address() -> str:
    """The query that stands for what the page shows, without "?"."""
    shown = page()
    if shown == "report":
        return urlencode(st.query_params.to_dict())
    found = {name: st.session_state.get(key) for name, key in ADDRESS.get(shown, {}).items()}
    if "series" in found:
        found["series"] = "" if found.get("live") else short_series(series_keys())  # a run names its series
    if isinstance(found.get("coverages"), list | tuple):
        found["coverages"] = "-".join(f"{one:g}" for one in found["coverages"])
    if isinstance(found.get("of"), str):
        found["of"] = short_name(found["of"])
    return urlencode({name: value for name, value in found.items() if value not in (None, "")})


def short_series(keys: tuple[str, ...]) -> str:
    """Series as an address names them, in at most 50 characters: the beginnings of few keys, the digest of a set of many."""
    if len(keys) <= LISTED:
        return ".".join(key if key.startswith(MARK) else key[:SHORT] for key in keys)
    return _digest("".join(sorted(keys)))


def short_name(name: str) -> str:
    """The name of a series as an address writes it: itself, or a digest where it is long."""
    return name if len(quote(name)) <= LONG else _digest(name)


def _digest(text: str) -> str:
    return MARK + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[: 2 * SHORT]


def page() -> str:
    """The page that runs, by its address; "" for the first."""
    return st.session_state.get(PAGE, "")


def is_routed() -> bool:
    """Whether app.py runs this session."""
    return ROUTED in st.session_state


def series_keys() -> tuple[str, ...]:
    """The keys of the series at hand, or what stands for them in an address that they came by."""
    return tuple(key for key in str(st.session_state.get(SERIES, "")).split(".") if key)


def set_series(keys: tuple[str, ...]) -> None:
    """Put series at hand."""
    st.session_state[SERIES] = ".".join(keys)


def run_id() -> str | None:
    """The run at hand."""
    return st.session_state.get(RUN) or None


def set_run(run: str | None) -> None:
    """Put a run at hand; None for none."""
    st.session_state[RUN] = run or ""


def start(key: str, value: object) -> None:
    """The value of a widget that was not touched yet."""
    st.session_state.setdefault(key, value)


def among(key: str, options: tuple, fallback: object) -> None:
    """A widget's value if it is one of the options; else the fallback, for an address can hold anything."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = fallback


def spelled(key: str, names: tuple[str, ...]) -> None:
    """Put the one of the names that an address means in full where the address has a digest of it."""
    value = st.session_state.get(key)
    if isinstance(value, str) and value.startswith(MARK):
        st.session_state[key] = next((one for one in names if short_name(one) == value), value)


def within(key: str, low: int, high: int, fallback: int | None) -> None:
    """A number's value if it lies in the bounds; else the fallback."""
    value = st.session_state.get(key, fallback)
    st.session_state[key] = value if isinstance(value, int | float) and low <= value <= high else fallback


def get(key: str, fallback: object = None) -> object:
    """The value under a key."""
    return st.session_state.get(key, fallback)


def take(key: str) -> object:
    """The value under a key, which is gone then."""
    return st.session_state.pop(key, None)


def put(key: str, value: object) -> None:
    """Set the value under a key; that of a widget only before it is drawn."""
    st.session_state[key] = value


def forget(prefix: str) -> None:
    """Drop every value whose key begins so."""
    for key in [key for key in st.session_state if str(key).startswith(prefix)]:
        del st.session_state[key]


def request_token(key: str) -> str:
    """A token that stays the same until it is forgotten: the same form sent twice is one request."""
    return st.session_state.setdefault(key, secrets.token_hex(16))


def workspace_token() -> str | None:
    """The workspace's secret of this session, if it could not be read from a cookie."""
    return st.session_state.get(TOKEN)


def set_workspace_token(token: str) -> None:
    """Remember the workspace's secret for the session."""
    st.session_state[TOKEN] = token


def cookies_refused() -> bool:
    """Whether the browser said that it keeps no cookie."""
    return bool(st.session_state.get(REFUSED))


def refuse_cookies() -> None:
    """Remember that the browser keeps no cookie."""
    st.session_state[REFUSED] = True


def is_admitted(link: str) -> bool:
    """Whether the passphrase of this link was given in this session."""
    return link in st.session_state.get(ADMITTED, ())


def admit(link: str) -> None:
    """Remember that the passphrase of this link was given."""
    _mark(ADMITTED, link)


def is_first_view(link: str) -> bool:
    """Whether this session has not opened the link before; it has from now on."""
    is_new = link not in st.session_state.get(VIEWED, ())
    _mark(VIEWED, link)
    return is_new


def _mark(key: str, link: str) -> None:
    known = [one for one in st.session_state.get(key, ()) if one != link]
    st.session_state[key] = (*known, link)[-LINKS:]
