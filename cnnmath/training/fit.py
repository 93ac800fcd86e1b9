"""A network is fitted to data: epochs of shuffled batches, watched as they go by, and never lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, isfinite
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console

from cnnmath.errors import TrainingError
from cnnmath.graph import Architecture
from cnnmath.graph.execute import loss_and_gradients
from cnnmath.numeric.windows import Array
from cnnmath.ops import CrossEntropy, Operator
from cnnmath.ops.checks import integer
from cnnmath.training.evaluate import Data, check_data, evaluate
from cnnmath.training.history import Epoch, History
from cnnmath.training.optimise import SGD, Optimiser, State
from cnnmath.training.progress import watched


class Fitted(NamedTuple):
    """What came of a fit: the network's arrays, and how the fit went."""

    parameters: dict[str, Array]
    history: History

    def _repr_html_(self) -> str:
        return self.history._repr_html_()


@dataclass(slots=True)
class Place:
    """Where a descent stands; an interrupt finds it as the last whole batch has left it."""

    parameters: dict[str, Array]
    state: State


def fit(
    net: Architecture,
    parameters: Mapping[str, Array],
    data: Data,
    *,
    held_out: Data | None = None,
    loss: Operator | None = None,
    optimiser: Optimiser | None = None,
    epochs: int = 10,
    batch: int = 32,
    seed: int = 0,
    schedule: Callable[[int], float] | None = None,
    augment: Callable[[Array, np.random.Generator], Array] | None = None,
    frozen: str | Iterable[str] = (),
    progress: bool = True,
    console: Console | None = None,
) -> Fitted:
    """Train a network on samples and what they should give.

    Parameters
    ----------
    net, parameters
        The network, and the arrays it begins with, which are not written to.
    data, held_out
        Samples x and targets t, each with a batch axis; the second pair is judged after each epoch, never trained on.
    loss
        An operator that gives one number; by default the cross entropy of the softmax of the output.
    optimiser
        By default `SGD` with a rate of 0.01 and a momentum of 0.9.
    epochs, batch
        How often all samples are gone through, and the most samples that are in a batch. Batches are as equal as they
        can be, so that no last one is left with a sample or two.
    seed
        Of the order of the samples, of their variation and of dropout: the same seed gives the same numbers.
    schedule
        The rate of an epoch, which are counted from 1, in place of the optimiser's.
    augment
        Varies a batch at random, such as `Shifts`.
    frozen
        Nodes, or the beginnings of their names up to a dot, that stay as they are.
    progress, console
        Whether a bar and a line for each epoch are shown, and where.

    Returns
    -------
    Fitted
        Arrays and history. Ctrl-C ends the fit early: the arrays are those after the last whole batch, and the history
        says that it was interrupted.

    Raises
    ------
    TrainingError
        Where the loss is not finite, naming the epoch and the batch.
    DataError, ShapeError, GraphError, SettingError
        For data and arrays that do not fit the network or each other.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> net = Architecture("sign", (1,))
    >>> _ = net.add("linear", Linear(2))
    >>> x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> begun = {"linear.w": np.zeros((2, 1)), "linear.b": np.zeros(2)}
    >>> fitted = fit(net, begun, (x, [0, 0, 1, 1]), held_out=(x, [0, 0, 1, 1]), epochs=2, progress=False)
    >>> [epoch.accuracy for epoch in fitted.history.epochs]
    [1.0, 1.0]
    """
    x, t = check_data("data", data)
    judged = None if held_out is None else check_data("held_out", held_out)
    epochs, batch = integer("number of epochs", epochs, 1), integer("batch", batch, 1)
    loss, optimiser = loss or CrossEntropy(), optimiser or SGD(0.01, 0.9)
    order, variation, dropping = np.random.default_rng(seed).spawn(3)
    place = Place(dict(parameters), optimiser.start(parameters))
    done: list[Epoch] = []
    interrupted = False
    with watched(net.name, epochs, ceil(len(x) / batch), console, show=progress) as watch:
        try:
            for number in range(1, epochs + 1):
                began, total = perf_counter(), 0.0
                moving = replace(optimiser, rate=schedule(number)) if schedule else optimiser
                for i, rows in enumerate(_batches(order, len(x), batch), 1):
                    samples = augment(x[rows], variation) if augment else x[rows]
                    with np.errstate(all="ignore"):
                        found = loss_and_gradients(
                            net, samples, t[rows], place.parameters, loss=loss, frozen=frozen, rng=dropping
                        )
                    _check_finite(found.loss, samples, f"epoch {number}, batch {i}", moving.rate)
                    moved, state = moving.step(place.parameters, found.gradients, place.state)
                    place.parameters, place.state = moved | found.buffers, state
                    total += len(rows) * float(found.loss)
                    watch.batch(number, float(found.loss))
                score = None if judged is None else evaluate(net, place.parameters, judged, loss=loss)
                spent = perf_counter() - began
                done.append(Epoch(number, float(moving.rate), total / len(x), *(score or (None, None)), spent))
                watch.say(str(done[-1]))
        except KeyboardInterrupt:
            interrupted = True
            watch.say(f"interrupted in epoch {len(done) + 1}; what is trained so far is kept")
    return Fitted(place.parameters, History(tuple(done), interrupted))


def _batches(rng: np.random.Generator, samples: int, most: int) -> Iterator[Array]:
    """Rows of the samples in a new order, in batches as equal as they can be."""
    return iter(np.array_split(rng.permutation(samples), ceil(samples / most)))


def _check_finite(loss: Any, samples: Array, where: str, rate: Any) -> None:
    if isfinite(loss):
        return
    given = samples.dtype == object or bool(np.isfinite(samples).all())
    raise TrainingError(
        "the loss is not finite.",
        here=f"loss {float(loss)}, rate {float(rate)}",
        fix="use a smaller rate, or initialise with a smaller variance"
        if given
        else "remove what is not finite from x",
    ).at(where)
