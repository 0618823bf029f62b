"""The options of the command line: what there is, how it is written, and one line for what is wrong with it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from core.errors import ConfigError
from core.models.presets import BEST_GUESS, CERTIFIED, NAMES, best_guess
from core.models.registry import MODELS
from core.models.transform import NONE, TRANSFORMS
from core.progress import DEVICES

Command = Callable[[argparse.Namespace], object]


class Parser(argparse.ArgumentParser):
    """argparse that says what is wrong in one line, and leaves the exit to `main`."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}; see `python -m core {self.prog.partition(' core ')[2] or ''} --help`".replace("  ", " "))


def parser_of(commands: Mapping[str, tuple[Command, str]]) -> Parser:
    """The parser of all commands, each with its function and a line of help."""
    parser = Parser(prog="python -m core", description="Unroll's forecasting core, headless.", allow_abbrev=False)
    added = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    for name, (command, text) in commands.items():
        one = added.add_parser(name, help=text, description=text, allow_abbrev=False)
        one.set_defaults(command=command)
        if name in ("inspect", "compare", "work"):
            _add_reading(one, is_optional=name == "work")
        if name in ("compare", "work"):
            _add_comparing(one, is_optional=name == "work")
        if name == "compare":
            _add_results(one)
        if name == "work":
            one.add_argument("--resume", metavar="RUN", help="resume an interrupted run, instead of a new one")
    return parser


def _add_reading(parser: Parser, *, is_optional: bool) -> None:
    parser.add_argument("source", metavar="SOURCE", nargs="?" if is_optional else None, help="a file, or example:NAME")
    for name in ("time", "target", "id"):
        parser.add_argument(f"--{name}", metavar="COL", help=f"the {name} column")
    parser.add_argument("--past", metavar="COL,...", help="covariates known up to now only")
    parser.add_argument("--known", metavar="COL,...", help="covariates known ahead")
    parser.add_argument("--day-first", choices=("yes", "no"), help="how 01/02/2024 is read")
    parser.add_argument("--decimal", choices=(".", ","), metavar="MARK", help="the decimal mark: . or ,")
    parser.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook")
    parser.add_argument("--duplicates", choices=("sum", "mean", "first", "last"), help="what becomes of repeated dates")


def _add_comparing(parser: Parser, *, is_optional: bool) -> None:
    parser.add_argument("--horizon", type=_whole, required=not is_optional, metavar="H", help="steps to forecast")
    parser.add_argument("--models", metavar="A,B,...", help=f"of {', '.join(MODELS)}; all by default")
    parser.add_argument(
        "--preset", choices=(*NAMES, BEST_GUESS),
        help=f"settings and seeds to start from, for the series; --set comes after. {BEST_GUESS}: the models instead, "
        f"{', '.join(best_guess())}, as they come",
    )  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="MODEL.SETTING=VALUE", help="change a setting")
    parser.add_argument("--season", type=_whole, metavar="N", help="steps in a season; proposed from the data by default")
    parser.add_argument(
        "--origins",
        type=_whole,
        metavar="O",
        help="scored origins, by default over the last third of the series; 0: forecast only",
    )
    parser.add_argument(
        "--stride", type=_whole, metavar="K", help="steps between origins; by default 1, or as 200 origins need"
    )
    parser.add_argument(
        "--blocks", type=_whole, metavar="K", help="parts of the test, with a fit at the start of each; 3 by default"
    )
    parser.add_argument("--refit", action="store_true", help="a fit at every origin")
    parser.add_argument("--transform", choices=TRANSFORMS, default=NONE, help="what every model learns the series under")
    parser.add_argument("--floor", choices=("yes", "no"), help="no forecast below 0; by default where no value is")
    parser.add_argument(
        "--certify", action="store_true",
        help="compute every model once more with noise in place of the future: its forecasts must stay the same, bit for bit; "
        f"always with {', '.join(sorted(CERTIFIED))}",
    )  # fmt: skip
    parser.add_argument("--coverage", type=_coverages, metavar="80,95", help="intervals, in percent")
    parser.add_argument(
        "--seeds", type=_whole, metavar="R", help="trainings of each network, 3 by default; their median counts"
    )
    parser.add_argument("--seed", type=_whole, default=0, help="the first seed")
    parser.add_argument("--device", choices=DEVICES, default="auto")


def _add_results(parser: Parser) -> None:
    parser.add_argument(
        "--time-budget", type=_seconds, metavar="SECONDS", help="lowers the networks' epochs by prediction, to end in time"
    )
    parser.add_argument("--forecasts", type=Path, metavar="FILE.parquet", help="write all forecasts there, combinations too")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the result there, not to standard output")


def split(text: str | None) -> tuple[str, ...]:
    """The parts of a list with commas, without blanks."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _coverages(text: str) -> tuple[float, ...]:
    """Percent on the command line, fractions inside."""
    try:
        percent = [float(part.rstrip("%")) for part in split(text)]
    except ValueError:
        percent = []
    if not percent or not all(1 <= one < 100 for one in percent):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of percentages from 1 to below 100; write 80,95")
    return tuple(float(f"{one:.10g}e-2") for one in percent)  # as decimals: 80 is 0.8 exactly


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value
