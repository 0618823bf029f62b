"""The certificate: honest models get it, one that peeks does not, whichever way it came to see the future."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from core.errors import FitError
from core.evaluation import certificate
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.experiment import run_task
from core.jobs.planning.cost import BOTTOM, LEAST_MEMORY, price_of
from core.models.naive import Naive, Rule
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.parameters import param
from core.series.timeseries import Inputs, Panel, TimeSeries
from core.store.codecs.results import decode_result, encode_result

SMALL = {"epochs": 2, "hidden": 4, "lookback": 12}


def months(length, name, seed, start):
    noise, steps = np.random.default_rng(seed), np.arange(length)
    price = 20 + noise.normal(0, 1, length)
    values = 50 + 0.3 * steps + 8 * np.sin(2 * np.pi * steps / 12) + noise.normal(0, 2, length)
    index = pd.date_range(start, periods=length, freq="MS")
    return TimeSeries(name, index, values, np.ones(length, bool), inputs=Inputs(("price",), ("past",), price[:, None]))


PANEL = Panel((months(72, "long", 1, "2014-01-01"), months(48, "short", 2, "2016-01-01"), months(9, "late", 3, "2019-04-01")))


def experiment_of(*names, **more):
    models = tuple(ModelSpec(name, MODELS[name].label, SMALL if MODELS[name].is_random else {}) for name in names)
    asked = {"horizon": 3, "season": 12, "origins": 9, "blocks": 3, "seeds": 2, "certify": True, "device": "cpu"} | more
    return design(RunSpec((), models, **asked), PANEL)


def task_of(name, **more):
    experiment = experiment_of(name, **more)
    return run_task(experiment, experiment.spec.models[0])


@dataclass(frozen=True)
class Peeking(Naive):
    """It has a way to the whole series, as through the base of an array, and forecasts what it finds there."""

    def fit(self, train, horizon, context):
        return Peeked(self)


@dataclass(frozen=True)
class Peeked(Rule):
    def forecast(self, history, horizon, levels=()):
        after = whole(history).values[len(history) : len(history) + horizon]
        honest = super().forecast(history, horizon)
        return replace(honest, point=after) if len(after) == horizon else honest


@dataclass(frozen=True)
class Scaling(Naive):
    """Its fit learns the mean of the training slice by a scaler that was fitted on everything."""

    def fit(self, train, horizon, context):
        return Scaled(self, float(np.mean([whole(one).values.mean() for one in train])))


@dataclass(frozen=True)
class Scaled(Rule):
    mean: float

    def forecast(self, history, horizon, levels=()):
        honest = super().forecast(history, horizon)
        return replace(honest, point=(honest.point + self.mean) / 2)


@dataclass(frozen=True)
class Choosing(Naive):
    """Its setting is chosen by the last value of the whole series."""

    number: int = param(0, label="Number", help="", low=0, high=10**6)

    def settled(self, train, horizon, context, seeds=1):
        return replace(self, number=int(whole(train.series[0]).values[-1] * 1000))


WHOLE: dict[int, TimeSeries] = {}


def whole(series):
    return WHOLE.get(id(series), series)


KEPT: list[TimeSeries] = []


@pytest.fixture
def leaky(monkeypatch):
    """Prefixes that can be asked for what follows them; leaky(model) registers who asks."""
    cut = TimeSeries.__getitem__

    def leaking(self, prefix):
        found = cut(self, prefix)
        KEPT.append(found)  # alive, so that no other series takes its place
        WHOLE[id(found)] = whole(self)
        return found

    def registered(model):
        monkeypatch.setattr(TimeSeries, "__getitem__", leaking)
        monkeypatch.setitem(MODELS, "planted", model)

    yield registered
    WHOLE.clear()
    KEPT.clear()


@pytest.mark.parametrize("name", ["naive", "linear", "ar", "lstm"])
def test_honest_models_are_the_same_on_unequal_series_with_a_covariate_of_the_past(name):
    found = task_of(name)
    made = found.certificate
    assert (found.state, found.error) == ("done", None)
    assert (made.is_same, made.first_difference) == (True, None)
    assert len(made.digest) == 64
    assert made.date.endswith("+00:00")
    plans, place = experiment_of(name).plans, experiment_of(name).spec.timetable.origins.index(made.origin)
    each = [sum(at <= place for at in plan.places) for plan in plans.values()]
    assert made.checked == sum(each) * (2 if name == "lstm" else 1)  # of two seeds
    assert made.moment == str(PANEL["long"].index[made.origin - 1].date())


@pytest.mark.parametrize("name", ["theta", "linear"])
def test_powers_and_settings_under_a_transform_are_learned_again(name):
    found = task_of(name, transform="box_cox")
    assert (found.state, found.certificate.is_same) == ("done", True)


@pytest.mark.parametrize("model", [Peeking, Scaling])
@pytest.mark.parametrize("seed", range(3))
def test_a_model_that_peeks_and_a_scaler_fitted_on_everything_are_caught(leaky, model, seed):
    leaky(model)
    found = run_task(*planted(seed))  # another seed, another place
    assert found.state == "done"
    made = found.certificate
    assert made.is_same is False
    assert made.first_difference.startswith("series 'long', forecast after 201")
    assert " became " in made.first_difference


def planted(seed=0):
    models = (ModelSpec("planted", "Planted"),)
    experiment = design(RunSpec((), models, 3, season=12, origins=9, certify=True, seed=seed), PANEL)
    return experiment, experiment.spec.models[0]


def test_a_setting_that_the_future_chose_is_caught(leaky):
    leaky(Choosing)
    made = run_task(*planted()).certificate
    assert made.is_same is False
    assert made.first_difference.startswith("its setting 'number' was chosen otherwise: ")


def test_the_same_run_gives_the_same_certificate_but_for_its_date():
    first, second = (task_of("linear").certificate for _ in range(2))
    assert first == second
    assert replace(first, date="1999-12-31T00:00:00+00:00") == first
    assert replace(first, digest="0" * 64) != first
    assert len({task_of("naive", seed=seed).certificate.origin for seed in range(12)}) > 3  # drawn, not chosen


def test_nothing_is_checked_that_was_not_asked_for():
    asked, plain = task_of("naive"), task_of("naive", certify=False)
    assert plain.certificate is None
    for one, other in zip(asked.series, plain.series, strict=True):
        assert one.forecast.point.tobytes() == other.forecast.point.tobytes()
    assert asked.scores == plain.scores


def test_progress_never_falls_and_epochs_are_told_once():
    told = []
    experiment = experiment_of("lstm")
    found = run_task(experiment, experiment.spec.models[0], told.append)
    fractions = [one.fraction for one in told]
    assert fractions == sorted(fractions)
    assert {one.message for one in told if one.fraction > 0.5} == {"check for look-ahead"}
    assert sum(one.epoch is not None for one in told) == len(found.log)


def test_without_past_forecasts_a_note_says_why_there_is_no_certificate():
    short = TimeSeries("s", pd.RangeIndex(3), np.array([3.0, 5.0, 4.0]), np.ones(3, bool))
    spec = RunSpec((), (ModelSpec("naive", "Naive"),), 3, season=1, origins=0, certify=True)
    experiment = design(spec, Panel((short,)))
    found = run_task(experiment, experiment.spec.models[0])
    assert (found.state, found.certificate) == ("done", None)
    assert found.notes == ("look-ahead was not checked: there is no past forecast to compare",)


def test_a_history_of_noise_that_a_model_refuses_is_no_look_ahead(monkeypatch):
    """It refuses what rises and falls by more than the series ever did, at origins after the drawn one."""

    @dataclass(frozen=True)
    class Refusing(Naive):
        def fit(self, train, horizon, context):
            return Strict(self)

    class Strict(Rule):
        def forecast(self, history, horizon, levels=()):
            if np.abs(np.diff(history.values)).max(initial=0.0) > 16:
                raise FitError("too wild")
            return super().forecast(history, horizon)

    monkeypatch.setitem(MODELS, "planted", Refusing)
    for seed in range(4):
        found = run_task(*planted(seed))
        assert (found.absent, found.certificate.is_same, found.certificate.first_difference) == ({}, True, None)


def test_noise_keeps_what_is_known_and_the_bounds_of_the_series():
    series = PANEL["long"]
    known = Inputs(("price", "holiday"), ("past", "known"), np.column_stack([series.inputs.values, np.arange(72.0)]))
    found = certificate._changed(replace(series, inputs=known), 30, np.random.default_rng(1))
    assert found.values[:30].tobytes() == series.values[:30].tobytes()
    assert (found.values[30:] != series.values[30:]).all()
    assert series.values[:30].min() <= found.values.min()
    assert found.values.max() <= series.values[:30].max()
    assert (found.inputs.values[:30] == known.values[:30]).all()
    assert (found.inputs.values[30:, 0] != known.values[30:, 0]).all()
    assert (found.inputs.values[:, 1] == known.values[:, 1]).all()
    assert certificate._noise(np.array([-4.0, -4.0]), 3, np.random.default_rng(1)).max() < 0


def test_a_device_that_computes_otherwise_each_time_accuses_nobody(monkeypatch):
    """As a GPU may: then no certificate is made, where the same numbers do not come again from the same series."""

    @dataclass(frozen=True)
    class Unsteady(Naive):
        def fit(self, train, horizon, context):
            return Varying(self)

    class Varying(Rule):
        def forecast(self, history, horizon, levels=()):
            found = super().forecast(history, horizon)
            return replace(found, point=found.point + noise.random())

    noise = np.random.default_rng(1)
    monkeypatch.setitem(MODELS, "planted", Unsteady)
    assert run_task(*planted()).certificate.is_same is False
    monkeypatch.setattr("core.experiment._device", lambda *_: "cuda")
    found = run_task(*planted())
    assert found.certificate is None
    assert found.notes[-1].startswith("look-ahead was not checked: on cuda the same computation does not give the same numbers")


def test_it_is_stored_with_the_result_and_results_of_before_have_none():
    found = task_of("naive")
    again = decode_result(encode_result(found)).certificate
    assert again == found.certificate
    assert again.date == found.certificate.date
    assert decode_result(encode_result(replace(found, certificate=None))).certificate is None


def test_a_specification_of_before_asks_for_none():
    spec = experiment_of("naive").spec
    fields = spec.as_json()
    assert RunSpec.of_json(fields) == spec
    del fields["certify"]
    assert RunSpec.of_json(fields) == replace(spec, certify=False)


def test_it_is_priced_as_a_second_computation():
    experiment = experiment_of("lstm")
    model = experiment.spec.models[0]
    with_it, without = (price_of(replace(experiment.spec, certify=one), model, PANEL) for one in (True, False))
    assert with_it.seconds - BOTTOM == pytest.approx(2 * (without.seconds - BOTTOM))
    assert with_it.memory == without.memory > LEAST_MEMORY
