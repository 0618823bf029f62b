"""How the upload at hand was read: each guess with a control beside it, problems first.

The session keeps the digest of the upload, never its bytes. A changed guess replaces the series that it had given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.data.choices import DUPLICATE_RULES, EVERY_COLUMN, Choices
from core.data.understanding import Understanding
from core.errors import AppError
from core.series.timeseries import Panel, TimeSeries
from pages.parts import frame, services, state
from pages.parts.text import count, pace, safe

AUTOMATIC = ""
FIELDS = ("time", "target", "id", "decimal", "dates", "sheet", "duplicates", "season", "past", "known")
EMPTY = {"season": None, "past": [], "known": []}  # what a control says that leaves the matter open, where it is not AUTOMATIC
DATES = {"day": "day first: 31/12/2024", "month": "month first: 12/31/2024"}
SURE = ((0.95, "sure"), (0.7, "likely"), (0.0, "a guess"))


@dataclass(frozen=True)
class Source:
    """Where the series at hand came from: an upload that is still in memory, an example, or the store (neither)."""

    digest: str
    name: str
    found: Understanding | None


def begin(digest: str, name: str, keys: tuple[str, ...], *, is_new: bool = False) -> None:
    """Put series at hand. is_new: they were just brought, so that they may continue others."""
    state.forget("reading.")
    state.put("reading.is_new", is_new)
    state.put("reading.digest", digest)
    state.put("reading.name", name)
    state.put("reading.keys", ".".join(keys))
    state.set_series(keys)


def forget() -> None:
    """Have no series at hand."""
    state.forget("reading.")
    state.set_series(())


def newly_brought(panel: Panel) -> str | None:
    """The name of the file that the series at hand were just read from; None once it was answered what they are."""
    is_at_hand = state.get("reading.keys") == ".".join(one.key for one in panel)
    return str(state.get("reading.name")) if is_at_hand and state.get("reading.is_new") else None


def answer() -> None:
    """Whether the series at hand continue others is settled."""
    state.put("reading.is_new", False)


def current(keys: tuple[str, ...]) -> Source:
    """How the series at hand were read, as far as that is still known."""
    if state.get("reading.keys") is None:
        _resume(keys)
    if state.get("reading.keys") != ".".join(keys):
        return Source("", "", None)
    digest, name = state.get("reading.digest"), state.get("reading.name")
    if name.startswith("example:"):
        return Source("", name, services.example(name.removeprefix("example:"), state.get("reading.season")))
    try:
        return Source(digest, name, services.understanding(digest, _choices()) if digest else None)
    except AppError:
        return Source("", name, None)


def _resume(keys: tuple[str, ...]) -> None:
    """After a reload: take up again how the series were read, if the upload is still in memory and still gives them."""
    name = next((one.source for one in services.all_series() if one.key == keys[0]), "")
    digest = str(state.get("reading.digest") or "")
    if not name.startswith("example:"):
        try:
            found = services.understanding(digest, Choices())
        except AppError:
            return
        if sorted(one.key for one in found.panel) != sorted(keys):  # an address keeps no order
            return
    state.put("reading.digest", digest)
    state.put("reading.name", name)
    state.put("reading.keys", ".".join(keys))


def doubled(source: Source, series: TimeSeries) -> tuple[int, ...]:
    """The positions of times that stood in the table more than once."""
    if source.found is None:
        return ()
    places = {one.id: marks for one, marks in zip(source.found.panel, source.found.doubled, strict=True)}
    return places.get(series.id, ())


def controls(source: Source, panel: Panel) -> None:
    """What was understood, problems first, and how to change it."""
    st.subheader("What we understood", anchor=False)
    if source.found is None:
        _facts(panel)
        st.caption("To change how it was read, bring the file again.")
        return
    for sentence in source.found.warnings:
        frame.warn(sentence)
    _selectors(source)
    if source.found.repairs:
        with st.expander(f"{count(len(source.found.repairs), 'repair')} made", expanded=len(source.found.repairs) <= 3):
            for sentence in source.found.repairs:
                st.markdown(f"- {safe(sentence, 400)}")
    _facts(panel)
    if source.digest:
        _columns(source.found)


def _facts(panel: Panel) -> None:
    first = panel.series[0]
    filled = sum(int((~one.observed).sum()) for one in panel)
    facts = [
        f"{len(panel):,} series" if len(panel) > 1 else f"{len(first):,} values",
        f"one {_step(first.freq)}" if first.freq else "plain steps, no dates",
        f"season of {first.season} steps" if first.season > 1 else "no season",
        f"{count(filled, 'gap')} filled from the past" if filled else "no gaps",
    ]
    if first.inputs:
        facts.append(count(len(first.inputs.names), "covariate"))
    if first.unit:
        facts.append(f"in {safe(first.unit)}")
    if first.zone:
        facts.append(f"times in {safe(first.zone)}")
    st.caption(" · ".join(facts))


def _step(freq: str) -> str:
    nouns = {"yearly": "a year", "quarterly": "a quarter", "monthly": "a month", "weekly": "a week", "daily": "a day"}
    return nouns.get(pace(freq), f"a step, {pace(freq)}")


def _selectors(source: Source) -> None:
    """One control for each guess; its first entry leaves the matter to the reading, and says what that found."""
    found = source.found
    roles = {column.role: column for column in found.columns}
    names = [column.name for column in found.columns]
    if source.digest:
        _select("time", "Time", names, _guess(roles.get("time")), "The column with dates or steps.")
        many = [EVERY_COLUMN] if len(names) > 2 else []
        _select("target", "Target", [*names, *many], _guess(roles.get("target")), "The numbers to forecast.")
        _covariates(source)
        if len(names) > 2:
            _select("id", "Series names", names, _guess(roles.get("id")), "Tells several series in one table apart.")
        if found.dialect.kind == "csv":
            _select("decimal", "Decimal mark", [".", ","], found.dialect.decimal or "none seen", "12.5 or 12,5")
        if found.dialect.date_example:
            _select("dates", "Dates", list(DATES), found.dialect.date_example, "Which comes first in 01/02/2024.")
        if len(found.dialect.sheets) > 1:
            _select("sheet", "Sheet", list(found.dialect.sheets), found.dialect.sheet, "Of the workbook.")
        if any(found.duplicates):
            extra = sum(found.duplicates)
            _select(
                "duplicates",
                f"{count(extra, 'row')} too many for their time",
                list(DUPLICATE_RULES),
                "mean",
                "What becomes of them.",
            )
    _season(source)


def _covariates(source: Source) -> None:
    """Which columns the models may read beside the target."""
    names = [column.name for column in source.found.columns if column.role not in ("time", "target", "id")]
    if not names:
        return
    helps = {
        "past": ("Covariates", "Columns that models may read up to the last value, such as a temperature that was measured."),
        "known": (
            "Covariates known ahead",
            "Columns with values for the steps to come too, such as prices that are set: rows without the target hold them.",
        ),
    }
    for field, (label, help) in helps.items():
        st.multiselect(
            label, names, key=f"reading.{field}", help=help, on_change=_reread, persist_state="session", placeholder="none",
        )  # fmt: skip


def _guess(column: object) -> str:
    if column is None:
        return "none"
    return f"{column.name}, {next(word for bound, word in SURE if column.confidence >= bound)}"


def _select(field: str, label: str, options: list[str], guess: str, help: str) -> None:
    words = {AUTOMATIC: f"Automatic: {guess}", EVERY_COLUMN: "every number column"} | DATES
    state.among(f"reading.{field}", (AUTOMATIC, *options), AUTOMATIC)
    st.selectbox(
        label, [AUTOMATIC, *options], key=f"reading.{field}", help=help, on_change=_reread,
        format_func=lambda one: words.get(one, one), persist_state="session",
    )  # fmt: skip


def _season(source: Source) -> None:
    proposed = source.found.panel.series[0].season
    st.number_input(
        "Season", 1, 10_000, None, key="reading.season", on_change=_reread, persist_state="session",
        placeholder=f"Automatic: {proposed if proposed > 1 else 'none'}",
        help="Steps after which the pattern repeats: 12 for months, 1 for none.",
    )  # fmt: skip


def _choices() -> Choices:
    """What the controls say; automatic ones are left open."""
    chosen = {field: state.get(f"reading.{field}") or None for field in FIELDS}
    dates, inputs = chosen.pop("dates"), {role: tuple(chosen.pop(role) or ()) for role in ("past", "known")}
    return replace(Choices(**chosen, **inputs), day_first=None if dates is None else dates == "day")


def _reread() -> None:
    """Read again with the changed choices. What cannot be read so is said, and the control goes back."""
    digest, name = state.get("reading.digest"), state.get("reading.name")
    before = tuple(state.get("reading.keys").split("."))
    try:
        if digest:
            found = services.understanding(digest, _choices())
        else:
            found = services.example(name.removeprefix("example:"), state.get("reading.season"))
        keys = services.replace_series(before, found, name)
    except AppError as error:
        frame.problem(error)
        accepted = state.get("reading.accepted", {})
        for field in FIELDS:
            state.put(f"reading.{field}", accepted.get(field, EMPTY.get(field, AUTOMATIC)))
        return
    state.put("reading.accepted", {field: state.get(f"reading.{field}") for field in FIELDS})
    state.put("reading.keys", ".".join(keys))
    state.set_series(keys)


def _columns(found: Understanding) -> None:
    with st.expander("All columns"):
        st.dataframe(
            [
                {"column": one.name, "role": one.role, "type": one.type, "why": one.reason, "first": ", ".join(one.first)}
                for one in found.columns
            ],
            hide_index=True,
            alt="The columns of the table, and what each was taken for",
        )
