"""The command line: JSON on standard output, everything else on standard error.

Exit 0; 2 with one line that names value, bound and remedy; 1 for a defect of ours.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from core import progress_bar
from core.data.choices import Choices
from core.data.entry import understand_file
from core.data.examples import examples_json, load_example
from core.data.limits import Limits
from core.data.understanding import Understanding
from core.errors import AppError, ConfigError, DataError
from core.evaluation.budget import within_budget
from core.evaluation.design import Experiment, design
from core.evaluation.spec import RunSpec
from core.experiment import RunResult, run
from core.models.base import with_settings
from core.models.registry import MODELS, describe, model_class
from core.models.spec import ModelSpec
from core.report import forecasts, summary

DEVICES = ("auto", "cpu", "cuda")


class Parser(argparse.ArgumentParser):
    """argparse that says what is wrong in one line, and leaves the exit to `main`."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}; see `python -m core {self.prog.partition(' core ')[2] or ''} --help`".replace("  ", " "))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    try:
        options = _parser().parse_args(arguments)
        answer = options.command(options)
        _print(answer, getattr(options, "out", None))
    except AppError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _print(answer: object, out: Path | None) -> None:
    text = json.dumps(answer, allow_nan=False, ensure_ascii=False, indent=1)
    if out is None:
        sys.stdout.write(text + "\n")
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror}; choose another place") from error


def _models(_: argparse.Namespace) -> object:
    return describe()


def _examples(_: argparse.Namespace) -> object:
    return examples_json()


def _inspect(options: argparse.Namespace) -> object:
    return _understood(options).as_json()


def _compare(options: argparse.Namespace) -> object:
    _check_places(options.out, options.forecasts)
    models = _chosen(options.models, options.set)
    understood = _understood(options)
    experiment = _experiment(options, models, understood)
    for line in (*understood.repairs, *understood.warnings, *experiment.warnings):
        print(line, file=sys.stderr)
    with progress_bar.shown(sys.stderr) as watch:
        result = run(experiment, watch)
    _refuse_if_nothing_worked(result)
    if options.forecasts:
        forecasts.write(result, options.forecasts)
    return summary.as_json(result, understood.series_json(), understood.warnings)


def _understood(options: argparse.Namespace) -> Understanding:
    """The table behind SOURCE, read with the person's choices."""
    choices = Choices(
        time=options.time, target=options.target, id=options.id, past=_split(options.past), known=_split(options.known),
        day_first=None if options.day_first is None else options.day_first == "yes", decimal=options.decimal,
        sheet=options.sheet, duplicates=options.duplicates, season=getattr(options, "season", None),
    )  # fmt: skip
    kind, colon, name = options.source.partition(":")
    if colon and kind == "example":
        return load_example(name, choices)
    return understand_file(Path(options.source), choices, Limits.from_environment(os.environ))


def _experiment(options: argparse.Namespace, models: tuple[ModelSpec, ...], understood: Understanding) -> Experiment:
    spec = RunSpec(
        series=tuple(series.key for series in understood.panel), models=models, horizon=options.horizon,
        season=options.season, origins=options.origins, stride=options.stride, refit=options.refit,
        coverages=options.coverage, seeds=options.seeds, seed=options.seed, device=options.device,
    )  # fmt: skip
    experiment = design(spec, understood.panel)
    device = _device(options.device, models)
    if options.time_budget is None:
        return experiment
    return within_budget(experiment, options.time_budget, device)


def _device(wanted: str, models: tuple[ModelSpec, ...]) -> str:
    """Where the networks will compute.  Raises ConfigError before any work when that is not there."""
    if wanted == "cpu" or not any(model_class(one.name).is_random for one in models):
        return "cpu"
    from core.nets.device import resolve

    return resolve(wanted)


def _chosen(names: str | None, settings: Sequence[str]) -> tuple[ModelSpec, ...]:
    """The models of `--models`, with what `--set` changes in them."""
    chosen = _split(names) if names is not None else tuple(MODELS)
    changes: dict[str, dict[str, str]] = {}
    for text in settings:
        path, equals, value = text.partition("=")
        name, dot, field = path.partition(".")
        if not (equals and dot):
            raise ConfigError(f"--set {text!r} is not understood; write MODEL.SETTING=VALUE, as in lstm.hidden=64")
        model_class(name)
        if name not in chosen:
            raise ConfigError(f"--set {text!r} is for a model that is not compared; add {name} to --models")
        changes.setdefault(name, {})[field] = value
    specs = []
    for name in chosen:
        model = with_settings(model_class(name)(), changes.get(name, {}))
        specs.append(ModelSpec(name, model.label, model.config()))
    return tuple(specs)


def _check_places(*places: Path | None) -> None:
    """Raises DataError now, not after minutes of training, when a folder to write to is not there."""
    for place in places:
        if place is not None and not place.absolute().parent.is_dir():
            raise DataError(f"the folder of {place} does not exist; make it or choose another place")


def _refuse_if_nothing_worked(result: RunResult) -> None:
    failed = [task for task in result.tasks if task.state == "failed"]
    if len(failed) == len(result.tasks):
        raise DataError(f"no model could be fitted: {failed[0].error}")
    for task in failed:
        print(f"{task.model.label} failed: {task.error}", file=sys.stderr)


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _coverages(text: str) -> tuple[float, ...]:
    """Percent on the command line, fractions inside."""
    try:
        return tuple(float(f"{part.rstrip('%').strip()}e-2") for part in _split(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of percentages; write 80,95") from None


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def _parser() -> Parser:
    parser = Parser(prog="python -m core", description="Unroll's forecasting core, headless.", allow_abbrev=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    for name, command, text in (
        ("models", _models, "every model and its settings"),
        ("examples", _examples, "the built-in series"),
        ("inspect", _inspect, "what is understood of a table"),
        ("compare", _compare, "train, backtest and compare models on a table"),
    ):
        one = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        one.set_defaults(command=command)
        if name in ("inspect", "compare"):
            _add_reading(one)
        if name == "compare":
            _add_comparing(one)
    return parser


def _add_reading(parser: Parser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a file, or example:NAME")
    for name in ("time", "target", "id"):
        parser.add_argument(f"--{name}", metavar="COL", help=f"the {name} column")
    parser.add_argument("--past", metavar="COL,...", help="covariates known up to now only")
    parser.add_argument("--known", metavar="COL,...", help="covariates known ahead")
    parser.add_argument("--day-first", choices=("yes", "no"), help="how 01/02/2024 is read")
    parser.add_argument("--decimal", choices=(".", ","), help="the decimal mark")
    parser.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook")
    parser.add_argument("--duplicates", choices=("sum", "mean", "first", "last"), help="what becomes of repeated dates")


def _add_comparing(parser: Parser) -> None:
    parser.add_argument("--horizon", type=int, required=True, metavar="H", help="steps to forecast")
    parser.add_argument("--models", metavar="A,B,...", help=f"of {', '.join(MODELS)}; all by default")
    parser.add_argument("--set", action="append", default=[], metavar="MODEL.SETTING=VALUE", help="change a setting")
    parser.add_argument("--season", type=int, metavar="N", help="steps in a season; proposed from the data by default")
    parser.add_argument("--origins", type=int, metavar="O", help="scored origins, 20 by default; 0: forecast only")
    parser.add_argument("--stride", type=int, default=1, metavar="K", help="steps between scored origins")
    parser.add_argument("--refit", action="store_true", help="fit anew at each origin")
    parser.add_argument("--coverage", type=_coverages, metavar="80,95", help="intervals, in percent")
    parser.add_argument("--seeds", type=int, default=3, metavar="R", help="trainings of each network; their median counts")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--time-budget", type=_seconds, metavar="SECONDS", help="lowers the networks' epochs to fit")
    parser.add_argument("--forecasts", type=Path, metavar="FILE.parquet", help="write all forecasts there")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the result there, not to standard output")


if __name__ == "__main__":
    sys.exit(main())
