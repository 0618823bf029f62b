"""How networks are trained on all that they may see, one for each seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from core.nets.answers import direct
from core.nets.device import reproducible
from core.nets.examples import LEAST, Examples
from core.nets.fitted import FittedNetwork
from core.nets.losses import LOSSES
from core.nets.network import Network
from core.nets.start import built
from core.nets.strip import Strip
from core.nets.training import Trainer
from core.progress import Context
from core.series.timeseries import Panel
from core.windows.settings import STEPWISE, Settings
from core.windows.sight import Source

MOVED = 500  # windows that say how far the recurrent part moves a forecast


def fit(
    settings: Settings, source: Source, train: Panel, horizon: int, context: Context, seeds: Sequence[int]
) -> list[FittedNetwork]:
    """A network for each seed, trained for as many epochs as the settings say on all series of the panel that are long enough.

    Raises FitError when it diverges time and again, Cancelled when the context says so.
    """
    ahead = settings.ahead(horizon)
    panel = Panel(tuple(series for series in train if len(series) - ahead >= LEAST))
    sight = source.sight(settings, panel, horizon)
    with reproducible(context.seed, context.device):
        strip = Strip.of(sight, panel.series, [len(series) - ahead for series in panel], context.device)
        examples = Examples.of(strip, ahead, strip.length)
        networks = built(settings, examples, source.start(sight, panel, horizon), seeds, context.device)
        trainer = Trainer(settings, networks, examples, seeds, context, settings.epochs)
        for epoch in range(settings.epochs):
            context.report(epoch / settings.epochs, f"epoch {epoch + 1} of {settings.epochs}")
            trainer.epoch()
        notes = (*_left_out(settings, panel), *trainer.notes, *_moved(trainer.finish(), examples))
    context.report(1.0)
    return [
        FittedNetwork(sight, network.cpu(), horizon, () if number else notes) for number, network in enumerate(trainer.networks)
    ]


def _left_out(settings: Settings, panel: Panel) -> tuple[str, ...]:
    """Words for covariates that the topology cannot use."""
    past = {
        name
        for one in panel
        if one.inputs
        for name, role in zip(one.inputs.names, one.inputs.roles, strict=True)
        if role == "past"
    }
    if not (past and settings.covariates and settings.topology in STEPWISE):
        return ()
    why = "a forecast that is fed back needs covariates of steps that nobody knows yet"
    return (f"{', '.join(sorted(past))} left out: {why}; the direct topology and the encoder-decoder can use them",)


def _moved(networks: Sequence[Network], examples: Examples) -> tuple[str, ...]:
    """How far the recurrent part moves what the skip connection says, as a share of the size of the forecast."""
    if networks[0].skip is None:
        return ()
    strip = examples.strip
    rows = np.concatenate([first + np.arange(count) for first, count in zip(strip.first, examples.steps, strict=True)])
    ends = torch.from_numpy(rows[:: max(1, len(rows) // MOVED)]).to(strip.z.device)
    loss = LOSSES[strip.sight.settings.loss]
    with torch.no_grad():
        base = torch.stack([network.skip(strip.linear(ends)) for network in networks])
        whole = torch.stack([loss.point(direct(network, strip, ends)) for network in networks])
    share = float((whole - base).abs().mean() / whole.abs().mean().clamp(min=1e-12))
    part = "recurrent part" if strip.sight.settings.cell != "window" else "hidden layer"
    return (f"beside its skip connection, the {part} moves the forecast by {100 * share:.0f} % of its size",)
