"""A network prepared for inference: its arrays fixed, operators that follow each other done at once.

A convolution takes in the batch normalisation behind it, whose scale and shift go into filters and bias, the addition
of a branch that is there already, and a rectifier: each block of its output is finished while it lies in the cache.
What a method makes of the filters is made once, and the memory of an activation serves the next one.

References
----------
.. [1] B. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference",
   arXiv:1712.05877, section 3.2 (batch normalisation folded into convolutions).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from cnnmath import numeric, ops
from cnnmath.errors import DataError
from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.arrays import check_arrays, check_inputs, handed_on
from cnnmath.graph.propagate import shapes
from cnnmath.graph.schedule import Step, schedule
from cnnmath.graph.sources import Constant, Given
from cnnmath.graph.text import plural
from cnnmath.numeric.fused import Fused
from cnnmath.numeric.windows import Array
from cnnmath.ops.algebra import Shape


class Prepared:
    """A network that runs for one set of arrays.

    Parameters
    ----------
    net
        The network.
    parameters
        All its arrays, floats; changing them later changes nothing here.

    Raises
    ------
    DataError, ShapeError, SettingError
        For arrays that are not those of the network, or not floats.

    Notes
    -----
    *Conventions*: folded filters are rounded once more, so that results differ from `forward`'s in the last digits.

    Examples
    --------
    >>> from cnnmath.ops import BatchNorm, Conv, ReLU
    >>> net = Architecture("small", (1, 4))
    >>> _ = net.add("conv", Conv(1, (2,), bias=False)), net.add("bn", BatchNorm()), net.add("relu", ReLU())
    >>> arrays = {"conv.w": [[[-1.0, 1.0]]], "bn.gamma": [2.0], "bn.beta": [1.0], "bn.mean": [0.0], "bn.var": [1.0]}
    >>> prepared = Prepared(net, arrays)
    >>> prepared
    Prepared 'small': 3 operators in 1 task
    >>> prepared.forward([[[1.0, 4.0, 2.0, 3.0]]]).round(3)
    array([[[7., 0., 3.]]])
    """

    def __init__(self, net: Architecture, parameters: Mapping[str, Any]) -> None:
        check_arrays(net, parameters)
        arrays = {name: np.array(value) for name, value in parameters.items()}
        _check_floats(net, arrays)
        self.net = net
        self._dtype = np.result_type(np.float16, *arrays.values())
        self.outputs = net.outputs()
        self.tasks = _tasks(schedule(net, self.outputs), arrays, self.outputs, shapes(net))

    def forward(self, x: Any) -> Any:
        """Output of the network, an array; a dict by node where there are several outputs.

        Raises
        ------
        DataError
            For an input that holds neither floats nor integers.
        ShapeError
            For one of another shape.
        """
        values = {name: self._float(array) for name, array in check_inputs(self.net, x).items()}
        needed = Counter(self.outputs) + Counter(read for task in self.tasks for read in task.reads)
        for task in self.tasks:
            values[task.name] = task.run(*(values[read] for read in task.reads))
            needed.subtract(task.reads)
            for read in set(task.reads):
                if needed[read] == 0:
                    del values[read]
        found = {name: values[name] for name in self.outputs}
        return found if len(found) != 1 else found[self.outputs[0]]

    def _float(self, given: Array) -> Array:
        _check_real(self.net, given)
        return given.astype(np.result_type(given, self._dtype), copy=False)

    def __repr__(self) -> str:
        operators, tasks = plural(len(self.net), "operator"), plural(len(self.tasks), "task")
        return f"Prepared '{self.net.name}': {operators} in {tasks}"


class Task(NamedTuple):
    """What is done at once: a node, or a convolution with what follows it."""

    name: str
    reads: tuple[str, ...]
    run: Callable[..., Array]


def _tasks(steps: list[Step], arrays: Mapping[str, Array], wanted: list[str], known: Mapping[str, Shape]) -> list[Task]:
    """Steps as tasks, those that a convolution takes in being no tasks of their own."""
    readers: dict[str, list[Step]] = {}
    for step in steps:
        for read in step.reads:
            readers.setdefault(read, []).append(step)
    tasks: list[Task] = []
    taken, made = set[str](), {INPUT}
    for step in steps:
        if isinstance(step.op, Given):
            made.add(step.name)
        elif step.name not in taken:
            chain = _chain(step, readers, made, wanted, known)
            tasks.append(_task(chain, arrays))
            taken |= {each.name for each in chain}
            made.add(chain[-1].name)
    return tasks


def _chain(
    step: Step, readers: Mapping[str, list[Step]], made: set[str], wanted: list[str], known: Mapping[str, Shape]
) -> list[Step]:
    """A step, and those behind it that a convolution takes in."""
    chain = [step]
    expected = [ops.BatchNorm, ops.Add, ops.ReLU] if isinstance(step.op, ops.Conv) else []
    while expected and chain[-1].name not in wanted:
        following = readers.get(chain[-1].name, [])
        if len(following) != 1 or type(following[0].op) not in expected:
            break
        (after,) = following
        if isinstance(after.op, ops.Add) and (len(after.reads) != 2 or not made & set(after.reads)):
            break
        if isinstance(after.op, ops.Add) and len({known[read] for read in after.reads}) > 1:
            break  # one of both is repeated
        expected = expected[expected.index(type(after.op)) + 1 :]
        chain.append(after)
    return chain


def _task(chain: list[Step], arrays: Mapping[str, Array]) -> Task:
    """The task that does a chain."""
    first, *others = chain
    own = [_own(step, arrays) for step in chain]
    if isinstance(first.op, Constant):
        return _still(first, first.op, own[0]["value"])
    if not isinstance(first.op, ops.Conv):
        return Task(first.name, first.reads, partial(numeric.kernel(first.op).forward, first.op, **own[0]))
    fused, reads = Fused(first.op, own[0]["w"], own[0].get("b")), first.reads
    for step, before, mine in zip(others, chain, own[1:], strict=False):
        if isinstance(step.op, ops.BatchNorm):
            fused = fused.normalised(step.op, **mine)
        elif isinstance(step.op, ops.Add):
            fused, reads = replace(fused, added=True), (*reads, *(r for r in step.reads if r != before.name))
        else:
            fused = replace(fused, rectified=True)
    return Task(chain[-1].name, reads, fused.forward)


def _still(step: Step, op: Constant, value: Array) -> Task:
    """The task that hands on a stored array, for each sample of the input where every one has it."""
    if op.repeated:
        return Task(step.name, (INPUT,), lambda x: handed_on(op, value, len(x)))
    return Task(step.name, (), lambda: value)


def _own(step: Step, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: arrays[f"{step.owner}.{name}"] for name in (*step.trained, *step.stored)}


def _check_real(net: Architecture, x: Array) -> None:
    if x.dtype.kind not in "fiu":
        raise DataError(
            "a prepared network takes floats and integers.",
            input=f"x {x.dtype}",
            fix="convert it to floats, or call forward, which is exact for exact numbers",
        ).at(f"network '{net.name}'")


def _check_floats(net: Architecture, arrays: Mapping[str, Array]) -> None:
    strange = next((name for name, array in arrays.items() if array.dtype.kind != "f"), None)
    if strange is not None:
        raise DataError(
            "a network is prepared for floats.",
            here=f"{strange} {arrays[strange].dtype}",
            fix="convert the arrays to floats, or call forward, which is exact for exact numbers",
        ).at(f"network '{net.name}'")
