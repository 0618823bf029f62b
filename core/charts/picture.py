"""A chart as a file: PNG or SVG, drawn in a child process, for the library that draws is large and the server stays small."""

from __future__ import annotations

import json
from typing import Literal

from core.charts.drawing import Drawing
from core.process import ProcessLimits, run_limited

WIDTH = 960  # pixels, where a page would give the chart its own width
SHARPNESS = 2  # pixels of a PNG for one of the chart
LIMITS = ProcessLimits(seconds=30, memory=1 << 37)  # address space: the JavaScript engine reserves far more than it uses


def picture(drawing: Drawing, kind: Literal["png", "svg"]) -> bytes:
    """The chart as the bytes of a file.  Raises LimitError where drawing takes too long."""
    spec = drawing.plain() | {"width": WIDTH}
    return run_limited("core.charts.picture:drawn", json.dumps({"kind": kind, "spec": spec}).encode(), LIMITS)


def drawn(request: bytes) -> bytes:
    """What the child does. Nothing is fetched: the specification holds its data."""
    import vl_convert

    asked = json.loads(request)
    if asked["kind"] == "svg":
        return vl_convert.vegalite_to_svg(asked["spec"]).encode()
    return vl_convert.vegalite_to_png(asked["spec"], scale=SHARPNESS)
