"""Hypothesis strategies for settings of every operator, valid by construction and shrinking to the smallest.

Nothing is generated and then filtered out: kernel, stride, dilation and padding come first, and the input is drawn from
the sizes that fit them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.ops.loss import REDUCTIONS, TARGETS
from cnnmath.ops.notation import describe
from cnnmath.window import Window


@dataclass(frozen=True, slots=True)
class Case:
    """An operator and the shapes of its inputs."""

    op: Operator
    inputs: tuple[Shape, ...]

    def __str__(self) -> str:
        return f"{describe(self.op)} on {' and '.join(map(str, self.inputs))}"


def cases(kind: type[Operator]) -> SearchStrategy[Case]:
    """Settings of one kind of operator, with input shapes that fit.

    Examples
    --------
    >>> from hypothesis import find
    >>> print(find(cases(ops.Conv), lambda case: case.op.stride[0] == 2 and case.op.groups == 2))
    conv(2, (1,), stride=2, groups=2, bias=False) on (1, 2, 1)
    """
    return _CASES.get(kind, _pointwise)(kind)


@st.composite
def windows(draw: DrawFn, *, blind: bool = False) -> tuple[Window, int]:
    """A window, and an input size that it fits; padding may reach the extent where windows may be ``blind``."""
    kernel, stride, dilation = (draw(st.integers(1, 3)) for _ in range(3))
    most = Window(kernel, dilation=dilation).extent - (not blind)
    before, after = draw(st.integers(0, most)), draw(st.integers(0, most))
    window = Window(kernel, stride, dilation, before, after)
    least = max(window.preimage(1)[0], 1 if blind else dilation)
    return window, draw(st.integers(least, least + 4))


@st.composite
def _axes(draw: DrawFn, *, blind: bool) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Window settings for one to three axes, as an operator takes them, and the spatial sizes."""
    drawn = draw(st.lists(windows(blind=blind), min_size=1, max_size=3))
    settings = {name: tuple(getattr(w, name) for w, _ in drawn) for name in ("kernel", "stride", "dilation")}
    return settings | {"padding": tuple((w.before, w.after) for w, _ in drawn)}, tuple(n for _, n in drawn)


@st.composite
def _padded(draw: DrawFn, *, blind: bool) -> tuple[dict[str, Any], tuple[int, ...]]:
    """The same with padding by name, half of the time."""
    settings, sizes = draw(_axes(blind=blind))
    if draw(st.booleans()):
        settings["padding"] = draw(st.sampled_from(["valid", "same", "same_lower", "same", "same_lower"]))
        extents = [d * (k - 1) + 1 for d, k in zip(settings["dilation"], settings["kernel"], strict=True)]
        sizes = tuple(max(n, e) for n, e in zip(sizes, extents, strict=True))
    return settings, sizes


@st.composite
def _conv(draw: DrawFn, kind: type[Operator]) -> Case:  # noqa: ARG001 - every strategy of the table takes its kind
    settings, sizes = draw(_padded(blind=True))
    n = draw(st.integers(1, 2))
    groups, channels, filters = (draw(st.integers(1, 3)) for _ in range(3))
    many = draw(st.sampled_from(("",) * 6 + ("samples", "samples", "channels", "groups", "groups")))
    if many:  # more than a block of whatever a kernel takes at a time, along few axes
        few = 2 if many == "groups" else 1
        settings = {name: v if isinstance(v, str) else v[:few] for name, v in settings.items()}
        sizes = sizes[:few]
    if many == "samples":
        n = draw(st.integers(5, 9))
    elif many == "channels":
        channels, filters = draw(_blocks), draw(st.sampled_from((1, 3, 8, 9)))
    elif many == "groups":
        groups, channels, filters = draw(_blocks), 1, 1 + filters // 3
    op = ops.Conv(filters * groups, groups=groups, bias=draw(st.booleans()), **settings)
    return Case(op, ((n, channels * groups, *sizes),))


@st.composite
def _transpose(draw: DrawFn, kind: type[Operator]) -> Case:  # noqa: ARG001
    drawn = draw(st.lists(windows(blind=True), min_size=1, max_size=3))
    settings = {name: tuple(getattr(w, name) for w, _ in drawn) for name in ("kernel", "stride", "dilation")}
    extra = tuple(draw(st.integers(0, max(w.stride, w.dilation) - 1)) for w, _ in drawn)
    cut = (w.before + w.after - w.extent - e for (w, _), e in zip(drawn, extra, strict=True))
    least = [max(1, 2 + c // s) for c, s in zip(cut, settings["stride"], strict=True)]
    sizes = [draw(st.integers(n, n + 2)) for n in least]
    groups, channels, filters = (draw(st.integers(1, 3)) for _ in range(3))
    op = ops.ConvTranspose(
        filters * groups,
        groups=groups,
        bias=draw(st.booleans()),
        padding=tuple((w.before, w.after) for w, _ in drawn),
        output_padding=extra,
        **settings,
    )
    return Case(op, ((draw(st.integers(1, 2)), channels * groups, *sizes),))


@st.composite
def _upsample(draw: DrawFn, kind: Any) -> Case:
    x = draw(_shape)
    return Case(kind(tuple(draw(st.integers(1, 3)) for _ in x[2:])), (x,))


@st.composite
def _linear_upsample(draw: DrawFn, kind: Any) -> Case:
    x = draw(_shape)
    most = 7 - len(x)  # of every axis, for the exact definition asks every input of every output
    scale = tuple(draw(st.integers(1, most)) for _ in x[2:])
    return Case(kind(scale, align_corners=draw(st.booleans())), ((*x[:2], *(min(n, most) for n in x[2:])),))


@st.composite
def _unpool(draw: DrawFn, kind: Any) -> Case:
    x = draw(_shape)
    return Case(kind(tuple(draw(st.integers(1, 4)) for _ in x[2:])), (x,))


@st.composite
def _pool(draw: DrawFn, kind: Any) -> Case:
    settings, sizes = draw(_padded(blind=False))
    own: dict[str, Any] = {"count_padding": draw(st.booleans())} if kind is ops.AveragePool else {}
    if kind is ops.LpPool:
        own = {"p": draw(st.integers(1, 4))}
    return Case(kind(ceil=draw(st.booleans()), **settings, **own), ((*draw(_batch), *sizes),))


@st.composite
def _maxout(draw: DrawFn, kind: Any) -> Case:
    n, c, *sizes = draw(_shape)
    pieces = draw(st.integers(1, 3))
    return Case(kind(pieces), ((n, pieces * c, *sizes),))


@st.composite
def _adaptive(draw: DrawFn, kind: Any) -> Case:
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    return Case(kind(tuple(draw(st.integers(1, 4)) for _ in sizes)), ((*draw(_batch), *sizes),))


@st.composite
def _linear(draw: DrawFn, kind: Any) -> Case:
    own = {"bias": draw(st.booleans())} if kind is ops.Linear else {}
    return Case(kind(draw(st.integers(1, 4)), **own), (draw(_batch),))


@st.composite
def _cell(draw: DrawFn, kind: Any) -> Case:
    own = {"activation": draw(st.sampled_from(["tanh", "relu"]))} if kind is ops.RNNCell else {}
    op, (n, c) = kind(draw(st.integers(1, 3)), bias=draw(st.booleans()), **own), draw(_batch)
    return Case(op, ((n, c), *((n, op.units) for _ in kind.reads[1:])))


@st.composite
def _pad(draw: DrawFn, kind: Any) -> Case:
    sides = st.tuples(st.integers(0, 2), st.integers(0, 2))
    x = draw(_shape)
    value = draw(st.sampled_from([0, 0, 3, -0.5]))
    return Case(kind(tuple(draw(sides) for _ in x[2:]), channels=draw(sides), value=value), (x,))


@st.composite
def _border(draw: DrawFn, kind: Any) -> Case:
    x = draw(_shape)
    most = [n - 1 if kind is ops.ReflectPad else 3 for n in x[2:]]
    return Case(kind(tuple((draw(st.integers(0, m)), draw(st.integers(0, m))) for m in most)), (x,))


@st.composite
def _select(draw: DrawFn, kind: Any) -> Case:
    x = draw(_shape)
    return Case(kind(tuple(draw(st.lists(st.integers(0, x[1] - 1), min_size=1, max_size=4)))), (x,))


@st.composite
def _response(draw: DrawFn, kind: Any) -> Case:
    settings = {"k": [1.0, 2.0], "alpha": [1e-4, 0.5], "beta": [0.75, 0.5, 1.0]}
    op = kind(draw(st.integers(1, 6)), **{name: draw(st.sampled_from(values)) for name, values in settings.items()})
    return Case(op, (draw(_shape),))


@st.composite
def _norm(draw: DrawFn, kind: Any) -> Case:
    n, c, *sizes = draw(_few)
    settings: dict[str, Any] = {"epsilon": draw(st.sampled_from(_SCALARS["epsilon"]))}
    if kind is ops.GroupNorm:
        settings["groups"] = draw(st.integers(1, 3))
    elif kind is ops.LayerNorm:
        settings["each_position"] = draw(st.booleans())
    elif kind is ops.BatchNorm:
        settings |= {"training": draw(st.booleans()), "momentum": draw(st.sampled_from([0.1, 0.5]))}
        n += settings["training"] and n * prod(sizes) == 1
    return Case(kind(**settings), ((n, settings.get("groups", 1) * c, *sizes),))


@st.composite
def _merge(draw: DrawFn, kind: Any) -> Case:
    n, c, *sizes = draw(_shape)
    channels = [c, *draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))]
    if kind is ops.Add:
        channels = [c] * len(channels)
    return Case(kind(), tuple((n, c, *sizes) for c in channels))


@st.composite
def _loss(draw: DrawFn, kind: Any) -> Case:
    reduction = draw(st.sampled_from(REDUCTIONS))
    own: dict[str, Any] = {} if kind is ops.SquaredError else {"weighted": draw(st.booleans())}
    x = (*draw(_batch), *draw(st.lists(st.integers(1, 3), max_size=2)))
    if kind is ops.CrossEntropy:
        own |= {"smoothing": draw(st.sampled_from([0, 0.1, 0.5])), "targets": draw(st.sampled_from(TARGETS))}
        if own["targets"] == "labels":
            own["ignored"] = draw(st.sampled_from([None, -100, *range(1, x[1])]))
    return Case(kind(reduction, **own), (x,))


@st.composite
def _dropout(draw: DrawFn, kind: Any) -> Case:
    return Case(kind(draw(st.sampled_from([0.5, 0.75])), training=draw(st.booleans())), (draw(_shape),))


@st.composite
def _pointwise(draw: DrawFn, kind: Any) -> Case:
    settings = {f.name: draw(st.sampled_from(_SCALARS[f.name])) for f in fields(kind)}
    return Case(kind(**settings), (draw(_shape),))


_blocks = st.sampled_from((8, 9, 16, 17, 24, 25))
_batch = st.tuples(st.integers(1, 2), st.integers(1, 3))
_shape = st.builds(lambda batch, sizes: (*batch, *sizes), _batch, st.lists(st.integers(1, 4), min_size=1, max_size=3))
_few = st.builds(lambda batch, sizes: (*batch, *sizes), _batch, st.lists(st.integers(1, 2), min_size=1, max_size=3))
_SCALARS = {"slope": [0.01, 0.5], "alpha": [1.0, 0.5, 2.0], "epsilon": [1e-5, 1e-3]}
_CASES: dict[type[Operator], Callable[[type[Operator]], SearchStrategy[Case]]] = {
    ops.Conv: _conv,
    ops.ConvTranspose: _transpose,
    ops.MaxPool: _pool,
    ops.AveragePool: _pool,
    ops.LpPool: _pool,
    ops.Subsample: _pool,
    ops.AdaptiveAveragePool: _adaptive,
    ops.AdaptiveMaxPool: _adaptive,
    ops.MaxUnpool: _unpool,
    ops.Linear: _linear,
    ops.RadialBasis: _linear,
    ops.RNNCell: _cell,
    ops.LSTMCell: _cell,
    ops.Pad: _pad,
    ops.ReflectPad: _border,
    ops.EdgePad: _border,
    ops.Upsample: _upsample,
    ops.LinearUpsample: _linear_upsample,
    **dict.fromkeys((ops.BatchNorm, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm), _norm),
    ops.LocalResponseNorm: _response,
    ops.Maxout: _maxout,
    ops.Add: _merge,
    ops.Concat: _merge,
    ops.Select: _select,
    ops.Dropout: _dropout,
    ops.CrossEntropy: _loss,
    ops.BinaryCrossEntropy: _loss,
    ops.SquaredError: _loss,
}


def covering(kind: type[Operator]) -> tuple[Case, ...]:  # noqa: ARG001
    """Shim."""
    return ()
