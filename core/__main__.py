"""The command line: JSON on standard output, everything else on standard error.

Exit 0; 2 with one line that names value, bound and remedy; 1 for a defect of ours; 141, without a word, if the reader left.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from core import progress_bar
from core.bounds import read_bounds
from core.data.choices import Choices
from core.data.entry import understand_file
from core.data.examples import examples_json, load_example
from core.data.limits import Limits
from core.data.understanding import Understanding
from core.errors import AppError, ConfigError, DataError
from core.evaluation.design import Experiment, design
from core.evaluation.spec import RunSpec
from core.experiment import RunResult, run
from core.jobs.planning.allowance import crowding, within_wall_clock
from core.jobs.planning.cost import CostModel
from core.models.base import with_settings
from core.models.presets import BEST_GUESS, CERTIFIED, SEEDS, best_guess, preset
from core.models.registry import MODELS, describe, model_class
from core.models.spec import ModelSpec
from core.options import parser_of, split
from core.parameters import Value
from core.report import forecasts, summary
from core.series.timeseries import Panel

if TYPE_CHECKING:
    from core.workbench import Workbench

READER_LEFT = 141  # 128 + SIGPIPE, which not every system has


class Stopped(Exception):
    """A signal ended the work in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    try:
        options = parser_of(COMMANDS).parse_args(arguments)
        answer = options.command(options)
        if answer is not None:
            _print(answer, getattr(options, "out", None))
    except AppError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except Stopped as stopped:
        return 128 + stopped.number
    except BrokenPipeError:  # as of a program that SIGPIPE ends: whoever read along has seen enough
        _close_quietly()
        return READER_LEFT
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _close_quietly() -> None:
    """Let what is still to be written go nowhere, or Python would complain about it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())


def _print(answer: object, out: Path | None) -> None:
    text = json.dumps(answer, allow_nan=False, ensure_ascii=False, indent=1)
    try:
        if out is None:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        else:
            out.write_text(text + "\n", encoding="utf-8")
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DataError(f"{out or 'standard output'} cannot be written: {error.strerror}; choose another place") from error


def _models(_: argparse.Namespace) -> object:
    return describe()


def _examples(_: argparse.Namespace) -> object:
    return examples_json()


def _inspect(options: argparse.Namespace) -> object:
    return _understood(options).as_json()


def _compare(options: argparse.Namespace) -> object:
    _check_places({"--out": options.out, "--forecasts": options.forecasts, "SOURCE": Path(options.source)})
    models = _chosen(_names(options), options.set)
    understood = _understood(options)
    models = _preset(options, models)
    experiment = _experiment(options, models, understood.panel)
    warnings = (*understood.warnings, *_unwritten(understood.panel, options.forecasts))
    for line in (*understood.repairs, *warnings, *experiment.warnings):
        print(line, file=sys.stderr)
    with progress_bar.shown(sys.stderr) as watch:
        result = run(experiment, watch)
    _refuse_if_nothing_worked(result)
    if options.forecasts:
        combined = (one.result for one in result.comparison.combinations)
        forecasts.write((*result.tasks, *combined), options.forecasts)
    told = {"source": options.source, "repairs": list(understood.repairs)}
    return told | summary.as_json(result, understood.series_json(), warnings)


def _work(options: argparse.Namespace) -> None:
    """A run through the real supervisor and store, told as JSON lines; SIGTERM interrupts it."""
    from core.follow import follow  # the store's libraries are not loaded for a comparison
    from core.store.records import LIVE
    from core.workbench import Workbench, default_home

    if options.resume is not None and (options.source or options.horizon):
        raise ConfigError("--resume goes on with a run as it was launched; give no SOURCE and no --horizon with it")
    if options.resume is None and (options.source is None or options.horizon is None):
        raise ConfigError("give SOURCE and --horizon for a new run, or --resume RUN for one that was interrupted")
    models = () if options.resume else _chosen(_names(options), options.set)
    workspace = os.environ.get("UNROLL_WORKSPACE") or "local"
    asked: list[int] = []  # a handler that raised could do so anywhere, and be swallowed there
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.append(number))
    with Workbench(default_home(os.environ)) as bench:
        if bench.notice:
            print(bench.notice, file=sys.stderr)
        run_id = options.resume or _launched(bench, workspace, options, models)
        if options.resume:
            bench.resume(workspace, run_id)
        _say({"event": "run", "run": run_id, "state": "accepted"})
        view = follow(bench, workspace, run_id, sys.stdout, is_stopped=lambda: bool(asked))
    if view.record.state in LIVE:
        _say({"event": "run", "run": run_id, "state": "interrupted", "best": None})
        print(f"stopped; `python -m core work --resume {run_id}` goes on", file=sys.stderr)
        raise Stopped(asked[0])
    if view.record.state == "failed":
        errors = [f"{task.label}: {task.error}" for task in view.record.tasks if task.error]
        raise DataError(f"the run failed: {'; '.join(errors)}")


def _say(event: dict[str, object]) -> None:
    print(json.dumps(event), flush=True)


def _launched(bench: Workbench, workspace: str, options: argparse.Namespace, models: tuple[ModelSpec, ...]) -> str:
    """The id of a new run on the table behind SOURCE."""
    understood = _understood(options)
    bench.add_series(workspace, understood.panel, options.source)
    models = _preset(options, models)
    launched = bench.launch(workspace, _spec(options, models, understood.panel))
    for line in (*understood.repairs, *understood.warnings, *launched.warnings):
        print(line, file=sys.stderr)
    return launched.run_id


def _understood(options: argparse.Namespace) -> Understanding:
    """The table behind SOURCE, read with the person's choices."""
    choices = Choices(
        time=options.time, target=options.target, id=options.id, past=split(options.past), known=split(options.known),
        day_first=None if options.day_first is None else options.day_first == "yes", decimal=options.decimal,
        sheet=options.sheet, duplicates=options.duplicates, season=getattr(options, "season", None),
    )  # fmt: skip
    kind, colon, name = options.source.partition(":")
    if colon and kind == "example":
        return load_example(name, choices)
    return understand_file(Path(options.source), choices, read_bounds(Limits, os.environ))


def _spec(options: argparse.Namespace, models: tuple[ModelSpec, ...], panel: Panel) -> RunSpec:
    return RunSpec(
        series=tuple(series.key for series in panel), models=models, horizon=options.horizon,
        season=options.season, origins=options.origins, stride=options.stride, refit=options.refit,
        blocks=options.blocks, transform=options.transform,
        floor=None if options.floor is None else options.floor == "yes",
        coverages=options.coverage,
        seeds=SEEDS.get(options.preset, SEEDS["balanced"]) if options.seeds is None else options.seeds,
        seed=options.seed, device=options.device, certify=options.certify or options.preset in CERTIFIED,
    )  # fmt: skip


def _experiment(options: argparse.Namespace, models: tuple[ModelSpec, ...], panel: Panel) -> Experiment:
    """What is computed, one model after the other; within a time budget, by what this machine is predicted to take."""
    experiment = design(_spec(options, models, panel), panel)
    _require_device(options.device, models)
    if options.time_budget is None:
        return experiment
    return within_wall_clock(experiment, options.time_budget, CostModel(), 1, crowd=crowding())


def _require_device(wanted: str, models: tuple[ModelSpec, ...]) -> None:
    """Raises ConfigError, before any work, where networks are to compute on a device that is not there."""
    if wanted == "cpu" or not any(model_class(one.name).is_random for one in models):
        return
    from core.nets.device import resolve

    resolve(wanted)


def _names(options: argparse.Namespace) -> str | None:
    """The models of `--models`, or those that the preset chooses.  Raises ConfigError where both would."""
    if options.preset != BEST_GUESS:
        return options.models
    if options.models is not None:
        raise ConfigError(f"--preset {BEST_GUESS} chooses the models itself; leave --models out, or choose another preset")
    return ",".join(best_guess())


def _preset(options: argparse.Namespace, models: tuple[ModelSpec, ...]) -> tuple[ModelSpec, ...]:
    """The models as `--preset` sets them, with what `--set` changes in them."""
    if options.preset not in SEEDS:  # it sets nothing
        return models
    start = {one.name: preset(options.preset, model_class(one.name)) for one in models}
    return _chosen(options.models, options.set, start)


def _chosen(
    names: str | None, settings: Sequence[str], start: Mapping[str, Mapping[str, Value]] = MappingProxyType({})
) -> tuple[ModelSpec, ...]:
    """The models of `--models`, with what `--set` changes in them. start: their settings before that, by name."""
    chosen = split(names) if names is not None else tuple(MODELS)
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
    if twice := [name for name, count in Counter(chosen).items() if count > 1]:
        raise ConfigError(f"--models names {twice[0]} twice; name each model once")
    specs = []
    for name in chosen:
        model = with_settings(model_class(name)(**start.get(name, {})), changes.get(name, {}))
        specs.append(ModelSpec(name, model.label, model.config()))
    return tuple(specs)


def _check_places(places: Mapping[str, Path | None]) -> None:
    """Raises now, not after minutes of training, when something cannot be written, or would destroy something else."""
    seen: dict[Path, str] = {}
    for option, place in places.items():
        if place is None:
            continue
        if (other := seen.setdefault(place.resolve(), option)) != option:
            raise ConfigError(f"{other} and {option} are the same file {place}; choose another place for {other}")
        if option != "SOURCE" and place.is_dir():
            raise ConfigError(f"{option} {place} is a folder; name a file in it")
        if option != "SOURCE" and not place.absolute().parent.is_dir():
            raise DataError(f"the folder of {option} {place} does not exist; make it or choose another place")


def _unwritten(panel: Panel, place: Path | None) -> list[str]:
    """A hint where the result of several series would hold no forecasts."""
    if len(panel) == 1 or place is not None:
        return []
    return [f"the forecasts of {len(panel)} series are not part of the result; --forecasts FILE.parquet writes them"]


def _refuse_if_nothing_worked(result: RunResult) -> None:
    failed = [task for task in result.tasks if task.state == "failed"]
    if len(failed) == len(result.tasks):
        raise DataError(f"no model could be fitted: {failed[0].error}")
    for task in failed:
        print(f"{task.model.label} failed: {task.error}", file=sys.stderr)


COMMANDS = {
    "models": (_models, "every model and its settings"),
    "examples": (_examples, "the built-in series"),
    "inspect": (_inspect, "what is understood of a table"),
    "compare": (_compare, "train, backtest and compare models on a table"),
    "work": (_work, "the same through the workers and the store of UNROLL_HOME, told as JSON lines"),
}

if __name__ == "__main__":
    sys.exit(main())
