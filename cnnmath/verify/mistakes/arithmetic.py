"""Mistakes of arithmetic of several inputs: operands exchanged, signs, ties, and axes that are repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.arithmetic import folded
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import Add, Divide, Expand, MatMul, Maximum, Minimum, Multiply, Operator, Pow, Subtract
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Mistake, everywhere, spoils, wrong_gradients, wrong_output

NAMES = ("x1", "x2", "x3")
POW, MATMUL = KERNELS[Pow], KERNELS[MatMul]
ELEMENTWISE = (Add, Subtract, Multiply, Divide, Pow, Maximum, Minimum)


def first_of_the_repeated(kind: type[Operator]) -> Kernel:
    """Gradients by inputs that are repeated, each that of the first place it is repeated to."""
    right = KERNELS[kind]

    def backward(op: Any, dy: Array, *xs: Array) -> dict[str, Array]:
        whole = [np.broadcast_to(x, dy.shape) for x in xs]
        grads = right.backward(op, dy, *whole)
        return {name: _first(g, x.shape) for (name, g), x in zip(grads.items(), xs, strict=True)}

    return Kernel(right.forward, backward)


def averaged_over_the_repeated(kind: type[Operator]) -> Kernel:
    """Gradients by inputs that are repeated, averaged over the places and not summed."""
    right = KERNELS[kind]

    def backward(op: Any, dy: Array, *xs: Array) -> dict[str, Array]:
        grads = right.backward(op, dy, *xs)
        return {name: g / (dy.size // max(g.size, 1)) if g.size else g for name, g in grads.items()}

    return Kernel(right.forward, backward)


def aligned_in_front(kind: type[Operator]) -> Kernel:
    """Shapes aligned at the first axes, wherever that gives an output of the right shape."""
    right = KERNELS[kind]

    def forward(op: Any, *xs: Array) -> Array:
        shapes = tuple(x.shape for x in xs)
        if not _fits_in_front(op, shapes):
            return right.forward(op, *xs)
        rank = max(map(len, shapes))
        return right.forward(op, *(x.reshape(_filled(x.shape, rank)) for x in xs))

    return wrong_output(kind, forward)


def all_that_attain(kind: type[Operator]) -> Callable[..., dict[str, Array]]:
    """The whole gradient for each input that holds the maximum, or the minimum."""
    right = KERNELS[kind]

    def backward(op: Any, dy: Array, *xs: Array) -> dict[str, Array]:
        y = right.forward(op, *xs)
        return {f"x{i}": folded(np.where(x == y, dy, 0 * dy), x.shape) for i, x in enumerate(xs, 1)}

    return backward


def shared_at_ties(kind: type[Operator]) -> Callable[..., dict[str, Array]]:
    """The gradient in equal parts for all inputs that hold the maximum, or the minimum."""
    right = KERNELS[kind]

    def backward(op: Any, dy: Array, *xs: Array) -> dict[str, Array]:
        y = right.forward(op, *xs)
        ties = sum(np.broadcast_to(x == y, dy.shape).astype(int) for x in xs)
        return {f"x{i}": folded(np.where(x == y, dy / ties, 0 * dy), x.shape) for i, x in enumerate(xs, 1)}

    return backward


def without_the_factor(op: Any, dy: Array, a: Array, b: Array) -> Array:
    """The gradient by a base, one power lower and no more."""
    return folded(dy * POW.forward(op, a, b - 1), a.shape)


def _of_all() -> Iterator[Mistake]:
    for kind in (*ELEMENTWISE, Expand):
        name, names = kind.__name__.lower(), ("x",) if kind is Expand else NAMES[: 3 if kind.variadic else 2]
        yield Mistake(f"{name}-gradient-of-the-first-repeated", kind,
                      "the gradient by what is repeated were that of the first place, not summed", spoils(*names),
                      first_of_the_repeated(kind), _repeats)  # fmt: skip
        yield Mistake(f"{name}-gradient-averaged", kind,
                      "the gradient by what is repeated were averaged, not summed", spoils(*names),
                      averaged_over_the_repeated(kind), _repeats)  # fmt: skip
    for kind in ELEMENTWISE:
        yield Mistake(f"{kind.__name__.lower()}-aligned-in-front", kind, "shapes were aligned at the first axes",
                      spoils("y"), aligned_in_front(kind), _fits_in_front)  # fmt: skip


def _of_each() -> Iterator[Mistake]:
    def made(name: str, kind: Any, says: str, results: tuple[str, ...], kernel: Kernel) -> Mistake:
        return Mistake(name, kind, says, spoils(*results), kernel, everywhere)

    exchanged = lambda kind: wrong_output(kind, lambda op, a, b: KERNELS[kind].forward(op, b, a))
    yield made("subtrahend-first", Subtract, "y were x2 - x1", ("y",), exchanged(Subtract))
    yield made("subtract-gradient-not-negated", Subtract, "dx2 were dy, without the sign", ("x2",),
               wrong_gradients(Subtract, x2=_negated(Subtract)))  # fmt: skip
    yield made("product-gradients-exchanged", Multiply, "dx1 were dy x1, and dx2 dy x2", ("x1", "x2"),
               wrong_gradients(Multiply, x1=lambda op, dy, a, b: folded(dy * a, a.shape),
                               x2=lambda op, dy, a, b: folded(dy * b, b.shape)))  # fmt: skip
    yield made("divisor-first", Divide, "y were x2 / x1", ("y",),
               wrong_output(Divide, lambda op, a, b: b / np.where(a == 0, a + 1, a)))  # fmt: skip
    yield made("divide-gradient-not-negated", Divide, "dx2 were dy x1 / x2^2, without the sign", ("x2",),
               wrong_gradients(Divide, x2=_negated(Divide)))  # fmt: skip
    yield made("divide-gradient-by-x2-once", Divide, "dx2 were -dy x1 / x2, not over its square", ("x2",),
               wrong_gradients(Divide, x2=lambda op, dy, a, b: folded(-dy * a / b, b.shape)))  # fmt: skip
    yield made("exponent-and-base-exchanged", Pow, "y were x2 to the power of x1", ("y",), exchanged(Pow))
    yield made("power-gradient-without-the-exponent", Pow, "dx1 were dy x1^(x2 - 1), without the factor x2", ("x1",),
               wrong_gradients(Pow, x1=without_the_factor))  # fmt: skip
    for kind, name in ((Maximum, "maximum"), (Minimum, "minimum")):
        for which, says, backward in (
            ("for-all-that-attain", "every input that attains it took the whole gradient", all_that_attain(kind)),
            ("shared-at-ties", "inputs that attain it together shared the gradient", shared_at_ties(kind)),
        ):
            spoilt = NAMES if which == "shared-at-ties" else NAMES[1:]
            yield made(f"{name}-gradient-{which}", kind, says, spoilt, Kernel(KERNELS[kind].forward, backward))


def _of_products() -> Iterator[Mistake]:
    yield Mistake("matmul-second-transposed", MatMul, "x2 were transposed", spoils("y"),
                  wrong_output(MatMul, lambda op, a, b: a @ _transposed(b)),
                  lambda _, inputs: inputs[1][-1] == inputs[1][-2] > 1)  # fmt: skip
    yield Mistake("matmul-dx-without-the-transpose", MatMul, "dx1 were dy @ x2, not with x2 transposed", spoils("x1"),
                  wrong_gradients(MatMul, x1=lambda op, dy, a, b: MATMUL.backward(op, dy, a, _transposed(b))["x1"]),
                  lambda _, inputs: inputs[1][-1] == inputs[1][-2] > 1)  # fmt: skip
    yield Mistake("matmul-gradient-of-the-first-of-the-batch", MatMul,
                  "the gradient by a matrix for all were that of the first product, not summed", spoils("x2"),
                  wrong_gradients(MatMul, x2=_first_product),
                  lambda _, inputs: _first_product_shows(*inputs))  # fmt: skip


def _first_product(op: Any, dy: Array, a: Array, b: Array) -> Array:
    each = np.broadcast_to(b, (*a.shape[:-2], *b.shape[-2:]))
    return _first(MATMUL.backward(op, dy, a, each)["x2"], b.shape)


def _first_product_shows(a: Shape, b: Shape) -> bool:
    return any(n > 1 for n in a[: len(a) - len(b)]) or any(m > n for m, n in zip(a[-len(b) : -2], b[:-2], strict=True))


def _transposed(b: Array) -> Array:
    return np.swapaxes(b, -1, -2) if b.shape[-1] == b.shape[-2] else b


def _negated(kind: type[Operator]) -> Callable[..., Array]:
    return lambda op, dy, a, b: -KERNELS[kind].backward(op, dy, a, b)["x2"]


def _repeats(op: Any, inputs: tuple[Shape, ...]) -> bool:
    output = op.shape(*inputs)
    return any(_filled_front(x, len(output)) != output for x in inputs)


def _fits_in_front(op: Any, inputs: tuple[Shape, ...]) -> bool:
    """Whether alignment at the first axes gives an output of the right shape, and not the right one."""
    output = op.shape(*inputs)
    shapes = [_filled(x, len(output)) for x in inputs]
    try:
        same = np.broadcast_shapes(*shapes) == output
    except ValueError:
        return False
    return same and shapes != [_filled_front(x, len(output)) for x in inputs]


def _filled(x: Shape, rank: int) -> Shape:
    return (*x, *(1,) * (rank - len(x)))


def _filled_front(x: Shape, rank: int) -> Shape:
    return (*(1,) * (rank - len(x)), *x)


def _first(g: Array, shape: Shape) -> Array:
    """Of each number that is repeated the gradient of the first place."""
    lead = g.ndim - len(shape)
    return g[(0,) * lead + tuple(slice(n) for n in shape)].copy() if g.size else folded(g, shape)


MISTAKES = (*_of_all(), *_of_each(), *_of_products())
